// Figures of several runs: the median to quote, and how far they lie apart.

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** `median (min–max)`. */
export function spread(values: readonly number[], digits = 2): string {
  const text = (value: number): string => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

/** The only value, or {@link spread} of several; empty where nothing was measured. */
export function cell(values: readonly (number | null)[], digits: number): string {
  const measured = values.filter((value) => value !== null);
  const [only] = measured;
  if (only === undefined) return '';
  return measured.length === 1 ? only.toFixed(digits) : spread(measured, digits);
}
