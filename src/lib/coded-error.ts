// The shape that every error of this program has: a stable code, what happened and where, and what to do next.

/** What an error carries besides its message. */
export interface CodedErrorOptions {
  /** The error underneath, kept for logs and for `--debug`. */
  readonly cause?: unknown;
  /** True where trying again cannot help until somebody changes something. Default false. */
  readonly isTerminal?: boolean;
  /** What the reader can do next, one sentence. */
  readonly remedy?: string;
}

/**
 * Base of the error class of each room. The message says what went wrong and where; `remedy` says what to do.
 * Callers branch on `code` and `isTerminal`, never on the message.
 */
export abstract class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly isTerminal: boolean;
  readonly remedy: string | undefined;

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.isTerminal = options.isTerminal ?? false;
    this.remedy = options.remedy;
  }
}
