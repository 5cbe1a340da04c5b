// What the launcher tells while it works.

/** One line worth reading: a decision, a wait, something found broken. */
export interface LocalNote {
  readonly kind: 'note';
  readonly message: string;
}

/** Where a long task is. Reported often; a display shows the last one. */
export interface LocalProgress {
  readonly kind: 'progress';
  /** Constant while the step lasts: `compiling kwok`. */
  readonly step: string;
  /** 1-based position of the step. */
  readonly index: number;
  readonly count: number;
  /** Units done, of {@link LocalProgress.total} where that is known. */
  readonly done: number;
  readonly total: number | undefined;
  /** Since the task (not the step) began. */
  readonly elapsedMs: number;
}

/** The long task is over, well or not: what {@link LocalProgress} said last holds no longer. */
export interface LocalProgressEnd {
  readonly kind: 'progress-end';
}

/** Anything told. */
export type LocalEvent = LocalNote | LocalProgress | LocalProgressEnd;
