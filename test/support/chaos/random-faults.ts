// Faults at random, one after another and at times two at once: what a watch has to survive.
import { setTimeout as delay } from 'node:timers/promises';
import type { ChaosProxy } from '../chaos-proxy.ts';
import type { Soak } from '../soak.ts';
import { type FaultKind, gone, goneEvent, serverError, tooManyRequests } from './fault.ts';

/** One thing that happens; what comes back ends it. */
export interface Trouble {
  readonly name: string;
  /** Whether a connection, or a request, may be silent for ever after it: only the watchdog notices. */
  readonly isSilent?: boolean;
  readonly begin: (proxy: ChaosProxy, run: Soak) => (() => void | Promise<void>) | undefined;
}

/** What has happened. */
export interface TroubleLog {
  /** How often, by name. */
  readonly counts: Record<string, number>;
  /** When the last that leaves silence behind was over, on the monotonic clock; undefined before the first. */
  lastSilenceMs: number | undefined;
}

const fault =
  (kind: FaultKind | ((run: Soak) => FaultKind), isWatch?: boolean): Trouble['begin'] =>
  (proxy, run) => {
    const what = typeof kind === 'function' ? kind(run) : kind;
    const active = proxy.faults.add({ ...what, ...(isWatch === undefined ? {} : { where: { isWatch } }) });
    return () => active.end();
  };

const once =
  (act: (proxy: ChaosProxy) => void): Trouble['begin'] =>
  (proxy) => {
    act(proxy);
    return undefined;
  };

/** All that is known. */
export const troubles: readonly [Trouble, ...Trouble[]] = [
  { name: 'latency of 20 ms', begin: fault({ kind: 'latency', delayMs: 20 }) },
  { name: 'latency up to 500 ms', begin: fault({ kind: 'latency', delayMs: [0, 500] }) },
  { name: 'half-open, new connections too', isSilent: true, begin: (proxy) => proxy.halfOpen() },
  { name: 'half-open, existing connections', isSilent: true, begin: (proxy) => proxy.halfOpen({ fresh: false }) },
  { name: 'requests without answer', isSilent: true, begin: fault({ kind: 'silence' }) },
  { name: 'watches cut in the line', begin: fault((run) => ({ kind: 'cut', afterBytes: run.between(0, 20_000) })) },
  { name: 'connections reset', begin: once((proxy) => proxy.cutConnections()) },
  { name: 'watches cut', begin: once((proxy) => proxy.cutWatches()) },
  { name: '410 to watches', begin: fault(gone, true) },
  { name: '410 to lists and watches', begin: fault(gone) },
  { name: '410 as first event', begin: fault(goneEvent) },
  { name: '410 as event', begin: once((proxy) => proxy.sendError({ code: 410, reason: 'Expired' })) },
  { name: '500 as event', begin: once((proxy) => proxy.sendError({ code: 500, reason: 'InternalError' })) },
  {
    name: 'expired tokens',
    begin: (proxy, run) => {
      proxy.sendError({ code: 410, reason: 'Expired' }); // a list is due
      return fault({ kind: 'expired-token' })(proxy, run);
    },
  },
  { name: '429', begin: fault(tooManyRequests()) },
  { name: '429 with Retry-After', begin: fault(tooManyRequests(1)) },
  { name: '500', begin: fault(serverError(500)) },
  { name: '503', begin: fault(serverError(503)) },
  { name: '504', begin: fault(serverError(504)) },
  { name: 'events stalled', begin: fault({ kind: 'stall' }) },
  { name: 'events twice', begin: fault({ kind: 'duplicate' }) },
  {
    name: 'connections refused',
    begin: (proxy) => {
      void proxy.refuse();
      return () => proxy.accept();
    },
  },
];

/** Makes trouble for `durationMs`; all of it is over when this resolves. */
export async function makeTrouble(
  proxy: ChaosProxy,
  options: {
    readonly run: Soak;
    readonly durationMs: number;
    readonly log: TroubleLog;
    /** Whether there is time for what only a watchdog notices. Default true. */
    readonly isSilenceAllowed?: boolean;
  },
): Promise<void> {
  const { run, durationMs, log, isSilenceAllowed = true } = options;
  const [first = troubles[0], ...others] = troubles.filter((each) => isSilenceAllowed || each.isSilent !== true);
  const untilMs = performance.now() + durationMs;
  while (performance.now() < untilMs) {
    const chosen = Array.from({ length: run.random() < 0.2 ? 2 : 1 }, () => run.pick([first, ...others]));
    const ends = chosen.map((trouble) => trouble.begin(proxy, run));
    await delay(Math.max(0, Math.min(run.between(100, 3_000), untilMs - performance.now())));
    for (const [index, { name, isSilent }] of chosen.entries()) {
      await ends[index]?.();
      log.counts[name] = (log.counts[name] ?? 0) + 1;
      if (isSilent === true) log.lastSilenceMs = performance.now();
    }
    const pauseMs = run.between(0, 1_000);
    if (performance.now() + pauseMs < untilMs) await delay(pauseMs);
  }
}
