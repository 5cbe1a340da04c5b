// What the process tells its caller in one number (DESIGN.md §7); decided in one place.

/** The exit codes of every command. */
export const ExitCode = {
  /** Done, or nothing to do. */
  done: 0,
  /** Some releases failed. */
  someFailed: 1,
  /** Wrong usage or configuration; helm missing or too old. */
  usage: 2,
  /** A cap of the run was hit: nothing was deleted. */
  capHit: 3,
  /** The plan no longer fits the cluster. */
  planStale: 4,
  /** The lock is held elsewhere. */
  locked: 5,
  /** The API server is unreachable, or forbids what is needed. */
  apiUnreachable: 6,
  /** Interrupted by the user. */
  interrupted: 130,
} as const;

/** One of {@link ExitCode}. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
