// One line of the demo: what is typed, why, and what must come of it.
import type { Expectation } from './expectation.ts';

/** A step. It must also end with exit code 0. */
export interface Step {
  /** Why the line is typed, for the reader. Absent: it goes with the one before. */
  readonly why?: string;
  /** What a user types; run by sh exactly as it stands, in the directory of the package. */
  readonly line: string;
  /** Default none besides the exit code. */
  readonly expects?: readonly Expectation[];
}

/** What a step gave. */
export interface StepResult {
  /** stdout and stderr as they came. */
  readonly output: string;
  readonly durationMs: number;
}

/** What a step did not do; undefined where it did all. */
export function stepProblem(
  step: Step,
  ended: { readonly exitCode: number | undefined; readonly output: string },
): { readonly expected: string; readonly found: string } | undefined {
  if (ended.exitCode !== 0) {
    const found = ended.exitCode === undefined ? 'it was ended by a signal' : `exit code ${ended.exitCode}`;
    return { expected: 'exit code 0', found };
  }
  for (const { claim, problem } of step.expects ?? []) {
    const found = problem(ended.output);
    if (found !== undefined) return { expected: claim, found };
  }
  return undefined;
}
