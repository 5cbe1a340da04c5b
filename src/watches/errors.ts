// What can be wrong with watches.yaml, at the places where it is wrong.
import { CodedError } from '../lib/coded-error.ts';

/** Stable names of this room's failures. */
export type WatchesErrorCode = 'WATCHES_INVALID' | 'WATCHES_UNREADABLE';

/** A place in the file; lines and columns count from 1. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong. */
export interface WatchProblem extends SourcePosition {
  /** The file as the user named it. */
  readonly file: string;
  /** What should stand there. */
  readonly expected: string;
  /** What stands there. */
  readonly found: string;
  /** One line for people: where in the document, expected, found, and a hint where there is one. */
  readonly message: string;
}

/** A watches.yaml that cannot be used. `message` has a heading, then a line
 * `file:line:column: …` for each problem. */
export class WatchesError extends CodedError<WatchesErrorCode> {
  readonly problems: readonly WatchProblem[];

  private constructor(
    code: WatchesErrorCode,
    message: string,
    options: { readonly problems: readonly WatchProblem[]; readonly remedy: string; readonly cause?: unknown },
  ) {
    super(code, message, { isTerminal: true, remedy: options.remedy, cause: options.cause });
    this.problems = options.problems;
  }

  /** Everything that is wrong in the file. */
  static invalid(file: string, problems: readonly WatchProblem[]): WatchesError {
    const heading = `${file} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:`;
    return new WatchesError('WATCHES_INVALID', [heading, ...problems.map(formatProblem)].join('\n'), {
      problems,
      remedy: 'Correct the lines above; docs/watches.md describes every field.',
    });
  }

  /** The file itself cannot be read. */
  static unreadable(file: string, cause: unknown): WatchesError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new WatchesError('WATCHES_UNREADABLE', `cannot read ${file}: ${why}`, {
      problems: [],
      remedy: 'Name an existing file with --watches-file.',
      cause,
    });
  }
}

/** `file:line:column: message`, as compilers print it and editors jump to it. */
export function formatProblem(problem: WatchProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`;
}
