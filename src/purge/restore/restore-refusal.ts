// Why a release is not brought back as it is asked: a value, because it is expected, and nothing was changed.

/** Stable names of the refusals. Documented in docs/purge.md. */
export type RestoreRefusalCode =
  /** The run has no note of a way back for it. */
  | 'UNDO_NOTE_MISSING'
  /** What the run has noted of it is no note. */
  | 'UNDO_NOTE_UNREADABLE'
  /** The undo Secret is not there. */
  | 'UNDO_MISSING'
  /** The undo Secret is not what the run noted. */
  | 'UNDO_FORGED'
  /** The copy cannot be read, or could be read in two ways. */
  | 'UNDO_UNREADABLE'
  /** A record of that release is stored. */
  | 'NAME_IN_USE'
  /** A stored record of that name cannot be read, or says something else inside than outside. */
  | 'RECORD_UNTRUSTED'
  | 'OBJECT_OUTSIDE_NAMESPACE'
  | 'OBJECT_OF_ANOTHER_RELEASE'
  | 'OBJECT_UNMARKED'
  /** An object is still being deleted. */
  | 'OBJECT_TERMINATING'
  | 'OWNERSHIP_UNREADABLE'
  | 'KIND_NOT_SERVED';

/** What stands in the way. */
export interface RestoreRefusal {
  readonly code: RestoreRefusalCode;
  /** A clause. */
  readonly reason: string;
  readonly remedy: string;
}

/** Tells a refusal from what was looked for. */
export function isRefusal<T extends object>(found: T | RestoreRefusal): found is RestoreRefusal {
  return 'code' in found && 'remedy' in found;
}
