// Where a run is recorded, as the recorder sees it: a PurgeRun in the cluster, a file, or both.
import type { RunRecord } from './run-record.ts';
import type { UndoNote } from './run-recorder.ts';

/** What a write is made for. */
export interface RunChange {
  /** Notes that no write has stored yet. */
  readonly notes: readonly UndoNote[];
  /** Whether all else is to be stored too, or the notes alone will do. */
  readonly isWhole: boolean;
}

/** One place. Its writes come one after another, never two at once. */
export interface RunPlace {
  /** Whether another note finds room. @throws PurgeError `RUN_RECORD_FULL` where it does not */
  admit(note: UndoNote): void;
  /** Resolves once it is stored so that it outlives this process. */
  write(record: RunRecord, change: RunChange): Promise<void>;
}
