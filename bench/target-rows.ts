// What we promise, each with the figure that tells whether it holds: the table of a page.
import { median } from './statistics.ts';

/** A promise about runs of one size. */
export interface Target<R> {
  readonly what: string;
  /** Which sizes it is about. Absent: all. */
  readonly sizes?: readonly number[];
  readonly unit: string;
  readonly limit: number;
  /** Which side of the limit is promised. Default `≤`. */
  readonly sense?: '<' | '≤' | '≥';
  readonly digits: number;
  /** null where it was not measured. */
  readonly figure: (run: R) => number | null;
}

/** A row for each promise and size: what, how many, promised, measured, whether it holds. */
export function rowsOf<R extends { readonly n: number }>(
  targets: readonly Target<R>[],
  runs: readonly R[],
): readonly (readonly string[])[] {
  const measured = [...new Set(runs.map(({ n }) => n))].toSorted((a, b) => a - b);
  return targets.flatMap((target) =>
    (target.sizes ?? measured).map((n) =>
      row(target, { n, values: runs.filter((run) => run.n === n).flatMap((run) => target.figure(run) ?? []) }),
    ),
  );
}

function row<R>(
  target: Target<R>,
  { n, values }: { readonly n: number; readonly values: readonly number[] },
): string[] {
  const { what, unit, limit, sense = '≤', digits } = target;
  const promised = limit === 0 ? 'none' : `${sense} ${limit} ${unit}`.trimEnd();
  const label = n.toLocaleString('en-US');
  if (values.length === 0) return [what, label, promised, 'not measured', ''];
  const value = median(values);
  const isMet = { '<': value < limit, '≤': value <= limit, '≥': value >= limit }[sense];
  return [what, label, promised, `${value.toFixed(digits)} ${unit}`.trimEnd(), isMet ? 'holds' : 'missed'];
}
