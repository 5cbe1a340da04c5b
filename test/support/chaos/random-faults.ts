// Faults at random, one after another and at times two at once: what a watch has to survive.
import { setTimeout as delay } from 'node:timers/promises';
import type { ChaosProxy } from '../chaos-proxy.ts';
import type { Soak } from '../soak.ts';
import { type FaultKind, gone, goneEvent, type Selector, serverError, tooManyRequests } from './fault.ts';

/** What was begun. */
export interface Begun {
  /** How many requests, events or connections it has hit so far. */
  readonly strikes: () => number;
  /** Absent where it is over at once. */
  readonly end?: () => void | Promise<void>;
}

/** One thing that happens. */
export interface Trouble {
  readonly name: string;
  /** Whether a connection, or a request, may be silent for ever after it: only the watchdog notices. */
  readonly isSilent?: boolean;
  readonly begin: (proxy: ChaosProxy, run: Soak) => Begun;
}

/** What has happened. */
export interface TroubleLog {
  /** How often a trouble hit anybody, by name. */
  readonly struck: Record<string, number>;
  /** And how often nobody. */
  readonly missed: Record<string, number>;
  /** Requests, events and connections that were hit. */
  strikes: number;
  /** When the last that leaves silence behind was over, on the monotonic clock; undefined before the first. */
  lastSilenceMs: number | undefined;
}

/** A log of nothing yet. */
export function troubleLog(): TroubleLog {
  return { struck: {}, missed: {}, strikes: 0, lastSilenceMs: undefined };
}

/** A fault of the proxy. Where `before` does something to the watches that stand, the fault befalls what they do next. */
const fault =
  (
    kind: FaultKind | ((run: Soak) => FaultKind),
    options: { readonly where?: Selector; readonly before?: (proxy: ChaosProxy) => unknown } = {},
  ): Trouble['begin'] =>
  (proxy, run) => {
    const { where = {}, before } = options;
    const active = proxy.faults.add({ ...(typeof kind === 'function' ? kind(run) : kind), where });
    before?.(proxy);
    return { strikes: () => active.hits, end: active.end };
  };

/** What befalls requests, while watches stand that send none: these are cut, and dialled again. */
const befallsDials = { before: (proxy: ChaosProxy) => proxy.cutWatches() } as const;
const tooOld = { code: 410, reason: 'Expired' } as const;
/** What befalls lists. */
const befallsLists = { where: { isWatch: false }, before: (proxy: ChaosProxy) => proxy.sendError(tooOld) } as const;

/** Something that happens once, to as many as come back. */
const once =
  (act: (proxy: ChaosProxy) => number): Trouble['begin'] =>
  (proxy) => {
    const strikes = act(proxy);
    return { strikes: () => strikes };
  };

/** What befalls connections: those that are there, and those that come meanwhile where they are let in. */
function connectionsOf(proxy: ChaosProxy): () => number {
  const [existing, seen] = [proxy.connections, proxy.connectionsSeen];
  return () => existing + proxy.connectionsSeen - seen;
}

/** All that is known. */
export const troubles: readonly [Trouble, ...Trouble[]] = [
  { name: 'latency of 20 ms', begin: fault({ kind: 'latency', delayMs: 20 }, befallsDials) },
  { name: 'latency up to 500 ms', begin: fault({ kind: 'latency', delayMs: [0, 500] }, befallsDials) },
  {
    name: 'half-open, new connections too',
    isSilent: true,
    begin: (proxy) => ({ strikes: connectionsOf(proxy), end: proxy.halfOpen() }),
  },
  {
    name: 'half-open, existing connections',
    isSilent: true,
    begin: once((proxy) => {
      const { connections } = proxy;
      proxy.halfOpen({ fresh: false });
      return connections;
    }),
  },
  { name: 'requests without answer', isSilent: true, begin: fault({ kind: 'silence' }, befallsDials) },
  { name: 'watches cut in the line', begin: fault((run) => ({ kind: 'cut', afterBytes: run.between(0, 8_000) })) },
  { name: 'watches cut', begin: once((proxy) => proxy.cutWatches()) },
  { name: 'watches ended', begin: once((proxy) => proxy.endWatches()) },
  { name: 'watches that end without an event', begin: fault({ kind: 'empty-watch' }, befallsDials) },
  { name: '410 to watches', begin: fault(gone, { ...befallsDials, where: { isWatch: true } }) },
  { name: '410 to lists and watches', begin: fault(gone, befallsDials) },
  { name: '410 as first event', begin: fault(goneEvent, befallsDials) },
  { name: '410 as event', begin: once((proxy) => proxy.sendError(tooOld)) },
  { name: '500 as event', begin: once((proxy) => proxy.sendError({ code: 500, reason: 'InternalError' })) },
  { name: 'expired tokens', begin: fault({ kind: 'expired-token' }, befallsLists) },
  { name: 'lists cut half-way', begin: fault({ kind: 'half-answer' }, befallsLists) },
  { name: '429', begin: fault(tooManyRequests(), befallsDials) },
  { name: '429 with Retry-After', begin: fault(tooManyRequests(1), befallsDials) },
  { name: '500', begin: fault(serverError(500), befallsDials) },
  { name: '503', begin: fault(serverError(503), befallsDials) },
  { name: '504', begin: fault(serverError(504), befallsDials) },
  { name: 'events stalled', begin: fault({ kind: 'stall' }) },
  { name: 'events twice', begin: fault({ kind: 'duplicate' }) },
  {
    name: 'events again, late',
    begin: fault((run) => ({ kind: 'duplicate', afterEvents: run.between(1, 20) })),
  },
  {
    name: 'connections reset',
    begin: once((proxy) => {
      const { connections } = proxy;
      proxy.cutConnections();
      return connections;
    }),
  },
  {
    name: 'connections refused',
    begin: (proxy) => {
      const { connections } = proxy; // those that are refused meanwhile nobody counts
      void proxy.refuse();
      return { strikes: () => connections, end: () => proxy.accept() };
    },
  },
];

/** A reflector that failed dials again within this time: trouble that is over before hits nobody. */
const longestWaitMs = 4_000;

async function until(isSo: () => boolean, forMs: number): Promise<void> {
  const endMs = performance.now() + forMs;
  while (!isSo() && performance.now() < endMs) await delay(20);
}

/**
 * Makes trouble for `durationMs`; all of it is over when this resolves. Each begins while a watch stands, if one does soon,
 * and lasts until it has hit somebody, and a while longer.
 */
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
    await until(() => proxy.openWatches > 0, Math.min(2_000, untilMs - performance.now()));
    const chosen = Array.from({ length: run.random() < 0.2 ? 2 : 1 }, () => run.pick([first, ...others]));
    const begun = chosen.map((trouble) => ({ trouble, ...trouble.begin(proxy, run) }));
    const haveStruck = (): boolean => begun.every(({ strikes, end }) => end === undefined || strikes() > 0);
    await until(haveStruck, Math.min(longestWaitMs, untilMs - performance.now()));
    await delay(Math.max(0, Math.min(run.between(100, 3_000), untilMs - performance.now())));
    for (const { trouble, strikes, end } of begun) {
      await end?.();
      const hits = strikes();
      const counts = hits === 0 ? log.missed : log.struck;
      counts[trouble.name] = (counts[trouble.name] ?? 0) + 1;
      log.strikes += hits;
      if (trouble.isSilent === true) log.lastSilenceMs = performance.now();
    }
    const pauseMs = run.between(0, 1_000);
    if (performance.now() + pauseMs < untilMs) await delay(pauseMs);
  }
}
