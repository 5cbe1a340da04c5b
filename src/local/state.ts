// What is remembered of a running cluster, and how it is read back: pure.
import { basename, dirname } from 'node:path';
import { type ComponentName, componentNames } from './components.ts';
import { LocalClusterError } from './local-error.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** The state file's content. */
export interface ClusterState {
  readonly version: 1;
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Where the binaries were found. */
  readonly binDir: string;
  readonly etcdPort: number;
  readonly apiServerPort: number;
  /** Those that were started so far. */
  readonly processes: Readonly<Partial<Record<ComponentName, ProcessIdentity>>>;
}

/** The URL of the API server. */
export function serverUrl(state: Pick<ClusterState, 'apiServerPort'>): string {
  return `https://127.0.0.1:${state.apiServerPort}`;
}

/** The file's text. */
export function formatState(state: ClusterState): string {
  return `${JSON.stringify(state, undefined, 2)}\n`;
}

/**
 * The state in a file's text; `path` is the file's, in a directory with the cluster's name.
 * @throws LocalClusterError `LOCAL_STATE_UNREADABLE`, naming `path` and what is wrong in it
 */
export function parseState(text: string, path: string): ClusterState {
  const bad = (problem: string, cause?: unknown) => unreadableState(path, problem, cause);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw bad('not JSON', error);
  }
  if (!isRecord(value)) throw bad('not an object');
  const { version, name, createdAt, binDir, etcdPort, apiServerPort, processes } = value;
  if (version !== 1) throw bad(`version ${JSON.stringify(version)}, written by another release of this program`);
  if (typeof name !== 'string' || typeof createdAt !== 'string' || typeof binDir !== 'string') {
    throw bad('name, createdAt and binDir must be strings');
  }
  if (!isPort(etcdPort) || !isPort(apiServerPort)) throw bad('etcdPort and apiServerPort must be ports');
  if (!isRecord(processes)) throw bad('processes must be an object');
  const known: Partial<Record<ComponentName, ProcessIdentity>> = {};
  for (const component of componentNames) {
    const identity = processes[component];
    if (identity === undefined) continue;
    if (!isIdentity(identity)) throw bad(`processes.${component} must have a pid and startedAt`);
    known[component] = { pid: identity.pid, startedAt: identity.startedAt };
  }
  return { version, name, createdAt, binDir, etcdPort, apiServerPort, processes: known };
}

/** `LOCAL_STATE_UNREADABLE` for the state file `path`, in a directory with the cluster's name. */
export function unreadableState(path: string, problem: string, cause: unknown): LocalClusterError {
  const down = `bookstore-operator local down --name ${basename(dirname(path))}`;
  return new LocalClusterError('LOCAL_STATE_UNREADABLE', `${path}: ${problem}`, {
    cause,
    isTerminal: true,
    remedy: `\`${down}\` finds the cluster's processes without this file, ends them, and removes what is left.`,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
}

function isIdentity(value: unknown): value is ProcessIdentity {
  // pids 0 and 1, and negative ones (process groups), must never reach kill(2)
  return isRecord(value) && Number.isInteger(value.pid) && Number(value.pid) > 1 && typeof value.startedAt === 'string';
}
