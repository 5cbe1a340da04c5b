// What a run leaves behind while it works: the contract between those who purge and the places where a run is recorded.
import type { PurgeReport, ReleaseOutcome } from './report.ts';

/** That a way back was made for a release, and how to know that nobody has changed it since (P8). */
export interface UndoNote {
  readonly namespace: string;
  /** Of the namespace: where it is another one now, the copy went with the one that was. Absent: it was not noted. */
  readonly namespaceUid?: string;
  /** Of the release. */
  readonly name: string;
  /** That is brought back. */
  readonly revision: number;
  /** Name of the undo Secret, in the release's namespace: what stands in it is untrusted, this note is not. */
  readonly secret: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/** One run's record, begun before the first release and open until `finish`. */
export interface RunRecorder {
  /** The run's name, of the PurgeRun too. */
  readonly run: string;
  /**
   * Resolves once the note is stored where it outlives this process: the release may be deleted then. Notes that come
   * together are stored together. Rejects where that failed: the release must be left alone.
   * @throws PurgeError `RUN_RECORD_FULL`, ApiError, or what the file system says
   */
  noteUndo(note: UndoNote): Promise<void>;
  /** Takes an outcome down, to be stored sooner or later: nobody waits for it. */
  settle(outcome: ReleaseOutcome): void;
  /** Stores the whole report; nothing is recorded afterwards. @throws PurgeError `RUN_RECORD_UNFINISHED` */
  finish(report: PurgeReport): Promise<void>;
}

/** A run as it was recorded, wherever that was: what `purge restore` goes by. */
export interface RecordedRun {
  readonly run: string;
  readonly policy: string;
  /** That the run acted as, in each release's namespace. */
  readonly serviceAccount?: string;
  readonly undo: readonly UndoNote[];
  /** Releases of which something is noted that is no note: they are told, never left out. Absent: none. */
  readonly unreadable?: readonly Pick<UndoNote, 'namespace' | 'name'>[];
}
