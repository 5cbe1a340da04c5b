// What is remembered of a demo, so that the next one, or `demo --down`, can clean up after it.
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ProcessIdentity } from '../../local/process-identity.ts';

/** The record. Where there is one, the cluster of that name is the demo's. */
export interface DemoRecord {
  /** Left up on purpose: not to be taken down unless asked. */
  readonly isKept: boolean;
  /** Absent where none was started, or it was ended. */
  readonly operator?: ProcessIdentity;
}

/** Undefined where there is none. What cannot be read counts as kept: nothing is taken down on a guess. */
export async function readRecord(file: string): Promise<DemoRecord | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { isKept, operator }: { isKept?: unknown; operator?: unknown } = JSON.parse(text);
    return { isKept: isKept !== false, ...(isIdentity(operator) ? { operator } : {}) };
  } catch {
    return { isKept: true };
  }
}

/** Replaces the file as a whole. */
export async function writeRecord(file: string, record: DemoRecord): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  await rename(draft, file);
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value)) return false;
  // pids 0 and 1, and negative ones (process groups), must never reach kill(2)
  return Number.isInteger(value.pid) && Number(value.pid) > 1 && typeof value.startedAt === 'string';
}
