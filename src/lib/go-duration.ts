// Durations as Go writes them (`1m30s`, `1.5h`, `250ms`): what watches.yaml, policies and helm's flags are written in.

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Go's int64 of nanoseconds ends here. */
const maxMs = (2 ** 63 - 1) / 1e6;

/**
 * Milliseconds (with a fraction below one millisecond) of a duration that Go's `time.ParseDuration` accepts, undefined
 * for any other text. `0` is the only number that needs no unit; a sign is allowed.
 */
export function parseGoDuration(text: string): number | undefined {
  const [, sign, rest] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  if (rest === undefined || !/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    totalMs += Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN);
  }
  if (totalMs > maxMs) return undefined;
  return sign === '-' && totalMs !== 0 ? -totalMs : totalMs;
}

/** The text that Go prints for whole milliseconds: `5m0s`, `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatGoDuration(durationMs: number): string {
  const sign = durationMs < 0 ? '-' : '';
  const wholeMs = Math.round(Math.abs(durationMs));
  if (wholeMs === 0) return '0s';
  if (wholeMs < 1_000) return `${sign}${wholeMs}ms`;
  const hours = Math.floor(wholeMs / 3_600_000);
  const minutes = Math.floor((wholeMs % 3_600_000) / 60_000);
  const seconds = (wholeMs % 60_000) / 1_000;
  const upToMinutes = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${sign}${upToMinutes}${seconds}s`;
}
