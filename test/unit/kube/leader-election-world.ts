// Electors in a test: one Lease in memory, a clock that the test owns, and for each elector a network and a process that
// can fail, be slow, stop and go on.
import { ApiError } from '../../../src/kube/errors.ts';
import { LeaderElection, type LeaderElectionOptions } from '../../../src/kube/leader-election.ts';
import type { Lease, LeaseSpec, LeaseStore } from '../../../src/kube/lease.ts';
import { holderOf, releasedSpec } from '../../../src/kube/lease-observation.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** The API server: conditional writes of one object. */
export class LeaseServer {
  current: Lease | undefined;
  readonly #watchers = new Set<(lease: Lease | undefined) => void>();
  readonly #held: LeaseSpec[] = [];
  #version = 0;

  /** As by somebody with kubectl. */
  set(spec: LeaseSpec): void {
    this.#store({ ...this.current?.spec, ...spec });
  }

  delete(): void {
    this.current = undefined;
    this.#tell();
  }

  /** As by `kubectl edit`, which can take a field away. */
  clearRenewTime(): void {
    if (this.current === undefined) return;
    const { renewTime: _, ...rest } = this.current.spec ?? {};
    this.#store(rest);
  }

  /** As by `kubectl apply` of a copy that was saved while somebody held it, `back` versions ago or at the very first. */
  restore(back: number): void {
    const saved = this.#held.at(-1 - back) ?? this.#held[0];
    if (saved !== undefined) this.#store(saved);
  }

  /** As by `kubectl replace` with a manifest that names no holder. */
  empty(): void {
    if (this.current !== undefined) this.#store({});
  }

  /** As by `kubectl replace --force` with that manifest. */
  replace(): void {
    this.delete();
    this.#store({});
  }

  create(spec: LeaseSpec): Lease {
    if (this.current !== undefined) throw new ApiError('API_ALREADY_EXISTS', 'already exists');
    return this.#store(spec);
  }

  update(version: string, spec: LeaseSpec): Lease {
    if (this.current === undefined) throw new ApiError('API_NOT_FOUND', 'not found');
    if (this.current.metadata.resourceVersion !== version) throw new ApiError('API_CONFLICT', 'has been modified');
    return this.#store({ ...this.current.spec, ...spec });
  }

  watch(tell: (lease: Lease | undefined) => void): () => void {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  }

  #store(spec: LeaseSpec): Lease {
    // as the real one: a write that changes nothing gives no new version
    if (this.current !== undefined && JSON.stringify(spec) === JSON.stringify(this.current.spec)) return this.current;
    this.#version += 1;
    this.current = { metadata: { name: 'lease', uid: 'u', resourceVersion: String(this.#version) }, spec };
    if (holderOf(this.current) !== undefined) this.#held.push(spec);
    this.#tell();
    return this.current;
  }

  #tell(): void {
    for (const tell of this.#watchers) tell(this.current);
  }
}

/** A refusal that nobody hears. */
const ignore = (): void => undefined;

/** What a request meets on its way. */
export interface Weather {
  /** Each way, in milliseconds. */
  readonly latencyMs: number;
  /**
   * `cut`: it never arrives. `deaf`: it arrives and its answer does not. `late`: nor does its answer, and it arrives even where
   * the sender has given it up meanwhile.
   */
  readonly fault?: 'cut' | 'deaf' | 'late' | 'error' | 'throttled' | undefined;
}

/** One elector's process and network. */
export class Machine implements Clock {
  /** Asked for each request. */
  weather: () => Weather = () => ({ latencyMs: 0 });
  /** Whether watches deliver. */
  isWatchSilent = false;
  /** Requests sent: `read`, `create`, `update`, `watch`. */
  readonly sent: string[] = [];
  readonly #time: ManualClock;
  readonly #rate: number;
  readonly #wallOffsetMs: number;
  #stopped: PromiseWithResolvers<void> | undefined;

  constructor(time: ManualClock, options: { readonly rate?: number; readonly wallOffsetMs?: number } = {}) {
    this.#time = time;
    this.#rate = options.rate ?? 1;
    this.#wallOffsetMs = options.wallOffsetMs ?? 0;
  }

  now(): number {
    return this.#time.now() + this.#wallOffsetMs;
  }

  monotonic(): number {
    return this.#time.monotonic() * this.#rate;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await this.#time.sleep(Math.ceil(ms / this.#rate), signal);
    } finally {
      await this.#awake();
    }
  }

  /** SIGSTOP: clocks run on, nothing else does. */
  stop(): void {
    this.#stopped ??= Promise.withResolvers<void>();
  }

  /** SIGCONT. */
  continue(): void {
    this.#stopped?.resolve();
    this.#stopped = undefined;
  }

  get isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** The server as seen from here. */
  store(server: LeaseServer): LeaseStore {
    const call = async <T>(verb: string, signal: AbortSignal, act: () => T): Promise<T> => {
      this.sent.push(verb);
      const { latencyMs, fault } = this.weather();
      try {
        if (fault === 'late') void this.#time.sleep(latencyMs).then(act).catch(ignore);
        const isLost = fault === 'cut' || fault === 'late';
        await this.#time.sleep(isLost ? Number.MAX_SAFE_INTEGER : latencyMs, signal);
        if (fault === 'throttled') {
          throw new ApiError('API_TOO_MANY_REQUESTS', 'too many requests', { retryAfterMs: 20_000 });
        }
        if (fault === 'error') throw new ApiError('API_SERVER_ERROR', 'etcd is away');
        const answer = act();
        await this.#time.sleep(fault === 'deaf' ? Number.MAX_SAFE_INTEGER : latencyMs, signal);
        return answer;
      } finally {
        await this.#awake();
      }
    };
    return {
      key: 'ns/lease',
      read: (signal) => call('read', signal, () => server.current),
      create: (spec, signal) => call('create', signal, () => server.create(spec)),
      update: (current, spec, signal) =>
        call('update', signal, () => server.update(current.metadata.resourceVersion, spec)),
      watch: (current, signal) => this.#watch(server, { current, signal, call }),
    };
  }

  async *#watch(
    server: LeaseServer,
    options: {
      readonly current: Lease;
      readonly signal: AbortSignal;
      readonly call: <T>(verb: string, signal: AbortSignal, act: () => T) => Promise<T>;
    },
  ): AsyncGenerator<Lease | undefined, void, undefined> {
    const { current, signal, call } = options;
    const queue: (Lease | undefined)[] = [];
    let wake = Promise.withResolvers<void>();
    const end = await call('watch', signal, () => {
      if (server.current?.metadata.resourceVersion !== current.metadata.resourceVersion) queue.push(server.current);
      return server.watch((lease) => {
        if (this.isWatchSilent || this.weather().fault !== undefined) return;
        queue.push(lease);
        wake.resolve();
      });
    });
    const onAbort = (): void => wake.resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        while (queue.length > 0) yield queue.shift();
        await wake.promise;
        wake = Promise.withResolvers<void>();
        await this.#awake();
      }
      throw signal.reason;
    } finally {
      end();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #awake(): Promise<void> {
    while (this.#stopped !== undefined) await this.#stopped.promise;
  }
}

/** One elector, running. */
export interface Elector {
  readonly machine: Machine;
  readonly election: LeaderElection;
  /** `start`, `stop: REASON`, in order. */
  readonly told: string[];
  readonly errors: unknown[];
  /** SIGTERM. */
  readonly terminate: () => void;
  readonly ended: Promise<void>;
}

/** Starts an elector. */
export function elect(
  world: { readonly time: ManualClock; readonly server: LeaseServer },
  options: Partial<LeaderElectionOptions> & { readonly identity: string; readonly machine?: Machine },
): Elector {
  const machine = options.machine ?? new Machine(world.time);
  const told: string[] = [];
  const errors: unknown[] = [];
  const stop = new AbortController();
  const election = new LeaderElection({
    lease: machine.store(world.server),
    clock: machine,
    random: () => 0.5,
    onStartedLeading: () => void told.push('start'),
    onStoppedLeading: (reason) => void told.push(`stop: ${reason.message}`),
    onError: (error) => errors.push(error),
    ...options,
  });
  const ended = election.run(stop.signal);
  return { machine, election, told, errors, terminate: () => stop.abort(new Error('stop')), ended };
}

/** An empty world, or one with a Lease that was released. */
export function leaseWorld(options: { readonly isEmpty?: boolean } = {}): { time: ManualClock; server: LeaseServer } {
  const time = new ManualClock();
  const server = new LeaseServer();
  if (options.isEmpty !== true) server.set({ ...releasedSpec('2025-12-31T00:00:00.000000Z'), leaseTransitions: 3 });
  return { time, server };
}
