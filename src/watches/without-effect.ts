// Fields of watches.yaml that are accepted and checked, but that this version does not act on: said at start, never silent.
import type { ParsedWatchEntry } from './watch-entry.ts';

/** The fields of an entry that ask for something which is not there yet; empty where all is obeyed. */
export function fieldsWithoutEffect({ driftDetection }: ParsedWatchEntry): readonly string[] {
  return driftDetection.ignore.length > 0 ? ['driftDetection.ignore'] : [];
}
