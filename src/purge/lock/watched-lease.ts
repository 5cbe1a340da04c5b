// A Lease whose readings are looked at on the way: who holds it since when, and whether that holder lives.
import type { Lease, LeaseSpec, LeaseStore } from '../../kube/lease.ts';
import { oneLine } from '../../lib/one-line.ts';

/** Who holds a Lease, as it says itself. */
export interface LeaseHolder {
  readonly identity: string;
  /** When it took it, by its own clock; `unknown` where it does not say. */
  readonly since: string;
}

/** What is told. */
export interface LeaseWatcher {
  /** Whose own holding is not told of. */
  readonly identity: string;
  /** Each holder that is seen; undefined: there was no Lease, and one that nobody holds was made. */
  readonly onWaiting: (holder: LeaseHolder | undefined) => void;
  /** That a holder which was seen before has renewed, or another has taken its place: somebody lives. */
  readonly onAlive: (holder: LeaseHolder) => void;
}

/** Passes everything on unchanged. */
export class WatchedLease implements LeaseStore {
  readonly #inner: LeaseStore;
  readonly #watcher: LeaseWatcher;
  #seen: { readonly identity: string | undefined; readonly renewTime: string | undefined } | undefined;
  #holder: LeaseHolder | undefined;

  constructor(inner: LeaseStore, watcher: LeaseWatcher) {
    this.#inner = inner;
    this.#watcher = watcher;
  }

  get key(): string {
    return this.#inner.key;
  }

  /** The other that was seen last. */
  get holder(): LeaseHolder | undefined {
    return this.#holder;
  }

  async read(signal: AbortSignal): Promise<Lease | undefined> {
    return this.#see(await this.#inner.read(signal));
  }

  /** That there is no Lease is told once one is made: until then nobody knows whether there is a place for it. */
  async create(spec: LeaseSpec, signal: AbortSignal): Promise<Lease> {
    const lease = await this.#inner.create(spec, signal);
    if (holderIn(spec) === undefined) this.#watcher.onWaiting(undefined);
    return this.#see(lease);
  }

  update(current: Lease, spec: LeaseSpec, signal: AbortSignal): Promise<Lease> {
    return this.#inner.update(current, spec, signal);
  }

  async *watch(current: Lease, signal: AbortSignal): AsyncGenerator<Lease | undefined, void, undefined> {
    for await (const lease of this.#inner.watch(current, signal)) yield this.#see(lease);
  }

  #see<Seen extends Lease | undefined>(lease: Seen): Seen {
    const { acquireTime, renewTime } = lease?.spec ?? {};
    const identity = holderIn(lease?.spec);
    const before = this.#seen;
    this.#seen = { identity, renewTime };
    if (identity === undefined || identity === this.#watcher.identity) return lease;
    const holder = { identity: oneLine(identity, 120), since: oneLine(acquireTime ?? 'unknown', 40) };
    this.#holder = holder;
    if (before?.identity !== identity) this.#watcher.onWaiting(holder);
    const isOtherReading = before?.identity !== undefined && before.renewTime !== renewTime;
    if (isOtherReading && before.identity !== this.#watcher.identity) this.#watcher.onAlive(holder);
    return lease;
  }
}

function holderIn(spec: LeaseSpec | undefined): string | undefined {
  const holder = spec?.holderIdentity ?? '';
  return holder === '' ? undefined : holder;
}
