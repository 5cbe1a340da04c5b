// When this replica may act. The operator asks; who runs the election answers.

/** A stretch of time in which this replica leads. */
export interface LeadershipTerm {
  /** Aborts when it is over: what is in flight is given up. */
  readonly signal: AbortSignal;
}

/** Terms, one after another. */
export interface Leadership {
  /** Resolves with the term that is, or the next one; rejects with the signal's reason. */
  waitUntilLeading(signal: AbortSignal): Promise<LeadershipTerm>;
}

/** A replica that is alone leads without end. */
export const alone: Leadership = {
  waitUntilLeading: () => Promise.resolve({ signal: new AbortController().signal }),
};
