// Reads and writes the state file of a cluster.
import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { ClusterPaths } from './cluster-paths.ts';
import { type ClusterState, formatState, parseState, unreadableState } from './state.ts';

/**
 * The remembered state; undefined where there is no such cluster.
 * @throws LocalClusterError `LOCAL_STATE_UNREADABLE`
 */
export async function readState(paths: ClusterPaths): Promise<ClusterState | undefined> {
  let text: string;
  try {
    text = await readFile(paths.stateFile, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unreadableState(paths.stateFile, error instanceof Error ? error.message : String(error), error);
  }
  return parseState(text, paths.stateFile);
}

/** Replaces the file as a whole: a reader sees the old one or the new one. */
export async function writeState(paths: ClusterPaths, state: ClusterState): Promise<void> {
  const draft = `${paths.stateFile}.${randomUUID()}`;
  await writeFile(draft, formatState(state), { mode: 0o600 });
  await rename(draft, paths.stateFile);
}
