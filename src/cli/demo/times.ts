// The demo's own times, as a table: pure. They are told, never judged: machines differ.

/** What a purge said of itself. */
export interface PurgeTime {
  readonly durationMs: number;
  readonly concurrency: number;
}

/** What was measured. */
export interface DemoTimes {
  /** From typing `kubectl apply` to the end of `kubectl wait`. */
  readonly applyToReadyMs: number;
  readonly atOnce: PurgeTime;
  readonly serial: PurgeTime;
  readonly releaseCount: number;
}

/** The time in the summary of `purge run`, which leaves out the start of the program; undefined where there is none. */
export function purgeTime(output: string): PurgeTime | undefined {
  const [, seconds, concurrency] = /; (\d+(?:\.\d+)?)s with (\d+) at once/.exec(output) ?? [];
  if (seconds === undefined || concurrency === undefined) return undefined;
  return { durationMs: Number(seconds) * 1_000, concurrency: Number(concurrency) };
}

/** The table, a line each. */
export function timesTable(times: DemoTimes): readonly string[] {
  const { applyToReadyMs, atOnce, serial, releaseCount } = times;
  const purge = ({ concurrency }: PurgeTime) => `purge of ${releaseCount} releases, ${concurrency} at once`;
  const rows: readonly (readonly [string, string])[] = [
    ['kubectl apply to Ready', seconds(applyToReadyMs)],
    [purge(atOnce), seconds(atOnce.durationMs)],
    [purge(serial), seconds(serial.durationMs)],
    ['concurrent against serial', ratio(serial.durationMs, atOnce.durationMs)],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}   ${value}`);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** `1.9 × as fast`; a time too short to be divided by is no reason to fail. */
function ratio(serialMs: number, atOnceMs: number): string {
  return atOnceMs > 0 ? `${(serialMs / atOnceMs).toFixed(1)} × as fast` : 'too fast to compare';
}
