// The operator as a whole: what all kinds share (watches, records, Events), and the kinds themselves.
import { ownerLabelValue } from '../api/v1alpha1/labels.ts';
import type { ReconcileObservation } from '../controller/controller.ts';
import { Discovery } from '../kube/discovery.ts';
import { isApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/objects.ts';
import { CoreResources, type Resource } from '../kube/resource.ts';
import { WatchHub, type WatchObservation } from '../kube/watch-hub.ts';
import { errorText } from '../lib/error-text.ts';
import { InFlight } from '../lib/in-flight.ts';
import { SaidLately } from '../lib/said-lately.ts';
import { recordLabelSelector } from '../release/record.ts';
import type { WatchEntry } from '../watches/watch-entry.ts';
import { ChartCrds } from './act/chart-crds.ts';
import { alone } from './leadership.ts';
import { Dependents, helmLabel } from './observe/dependents.ts';
import { Namespaces } from './observe/namespaces.ts';
import { ReleaseCache, type ReleaseKey, stripRecord } from './observe/release-cache.ts';
import type { OperatorOptions, OperatorShared } from './operator-options.ts';
import { unmappedText } from './unmapped.ts';
import { isSourceWatch } from './values/source-watch.ts';
import { ValuesSources } from './values/values-sources.ts';
import { meterWatches, resourceName } from './watch-metrics.ts';
import { WatchedKind } from './watched-kind.ts';

/** Keeps releases equal to resources for as long as it runs. */
export class Operator {
  readonly #options: OperatorOptions;
  #kinds: readonly WatchedKind[] = [];
  #hub: WatchHub | undefined;
  readonly #acting = new InFlight();
  /** What each resource's watch failed with last. */
  readonly #failures = new Map<string, string>();

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  /** What is not there yet, or has not been heard of for too long; empty when all is well. */
  get waitingFor(): readonly string[] {
    if (this.#kinds.length === 0) return ['the start'];
    const kinds = this.#kinds.filter((kind) => !kind.hasSynced).map((kind) => `kind ${kind.name}`);
    // a dependent's kind may be gone with its CRD, the right to watch values may be missing: no reasons not to work
    const watches = this.#hub?.watches() ?? [];
    const own = watches.filter((watch) => watch.labelSelector !== helmLabel && !isSourceWatch(watch));
    const records = own.filter(({ resource, hasSynced }) => resource.kind === 'Secret' && !hasSynced);
    const stale = own.filter((watch) => watch.hasSynced && !watch.isFresh);
    return [...kinds, ...new Set([...records, ...stale].map(({ resource }) => this.#waitingFor(resource)))];
  }

  #waitingFor(resource: Resource): string {
    const name = resourceName(resource);
    const failure = this.#failures.get(name);
    return failure === undefined ? `the watch of ${name}` : `the watch of ${name} (${failure})`;
  }

  /** Resolves when nothing is acted on: after a term is over, that nothing of it is left. */
  async settled(): Promise<void> {
    await this.#acting.settled();
  }

  /**
   * Runs until `stop` aborts, then finishes what is in flight and returns. `cancel` ends helm calls in flight: their
   * releases stay as helm leaves them when it is told to stop.
   */
  async run(signals: { readonly stop: AbortSignal; readonly cancel: AbortSignal }): Promise<void> {
    const closing = new AbortController();
    const hub = this.#openHub(closing.signal);
    this.#hub = hub;
    const shared = this.#share(hub);
    this.#kinds = this.#options.entries.map((entry) => new WatchedKind(entry, shared));
    try {
      await Promise.all(this.#kinds.map((kind) => kind.run(signals)));
      await this.#options.events.flush({ signal: signals.cancel });
    } finally {
      closing.abort();
      await hub.stopped();
    }
  }

  #openHub(signal: AbortSignal): WatchHub {
    const { client, clock, log, metrics } = this.#options;
    const said = new SaidLately(clock);
    const hub = new WatchHub({
      client,
      signal,
      clock,
      observe: (observation) => {
        meter(observation);
        if (observation.kind !== 'failed') return;
        const resource = resourceName(observation.resource);
        const error = errorText(observation.error);
        this.#failures.set(resource, error);
        const news = this.#isSaidElsewhere(observation) ? undefined : said.news(resource, error);
        if (news !== undefined) log.warn('watch failed, trying again', { resource, error, ...news });
      },
    });
    const meter = meterWatches(metrics, hub);
    return hub;
  }

  /** A dependent's kind that is not served, or may not be watched: {@link Dependents} says it once; so do namespaces. */
  #isSaidElsewhere({ resource, error }: Extract<WatchObservation, { kind: 'failed' }>): boolean {
    const { secrets, configMaps } = CoreResources;
    const own = [secrets, configMaps, ...this.#options.entries.map(({ gvk }) => gvk)];
    const isOwn = own.some(({ group, kind }) => group === resource.group && kind === resource.kind);
    return !isOwn && isApiError(error, 'API_FORBIDDEN', 'API_NOT_FOUND');
  }

  #share(hub: WatchHub): OperatorShared {
    const { client, entries, log } = this.#options;
    const tell = (cause: 'record' | 'object') => (release: ReleaseKey) => {
      for (const kind of this.#kinds) kind.releaseChanged(release, cause);
    };
    const tellRecord = tell('record');
    const namespaces = releaseNamespaces(this.#options.namespaces, entries);
    const discovery = new Discovery(client);
    const records = hub.follow<KubeObject>(
      {
        resource: CoreResources.secrets,
        namespaces,
        labelSelector: recordLabelSelector,
        isMetadataOnly: true,
        strip: stripRecord,
      },
      { onChange: ({ before, after }) => tellRecord(releaseKeyOf(after ?? before)) },
    );
    const watchedNamespaces = new Namespaces(hub, log);
    const releases = new ReleaseCache(records.store, this.#options.clock);
    const sayUnmapped = (): void => {
      const unmapped = unmappedText(releases.owners(), entries);
      if (unmapped !== undefined) log.warn('releases belong to kinds that no entry maps', unmapped);
    };
    return {
      ...this.#options,
      watchedNamespaces: this.#options.namespaces,
      leadership: this.#options.leadership ?? alone,
      acting: this.#acting,
      hub,
      discovery,
      crds: new ChartCrds({ helm: this.#options.helm, clock: this.#options.clock }),
      releases,
      namespaces: watchedNamespaces,
      dependents: new Dependents({ hub, discovery, namespaces, onChange: tell('object'), log }),
      valuesSources: new ValuesSources({ hub, client, namespaces, log }),
      synced: Promise.all([records.synced.then(sayUnmapped), watchedNamespaces.settled]),
      observe: (entry) => (observation) => this.#observe(entry, observation),
    };
  }

  #observe(entry: WatchEntry, observation: ReconcileObservation): void {
    const { key, outcome, durationMs, error } = observation;
    const { metrics, log } = this.#options;
    const kind = ownerLabelValue(entry.gvk);
    metrics.reconciles.inc({ kind, result: outcome });
    metrics.reconcileDuration.observe({ kind }, durationMs / 1000);
    const fields = { kind: entry.gvk.kind, key, outcome, durationMs: Math.round(durationMs) };
    if (error === undefined) log.debug('reconciled', fields);
    else if (outcome === 'cancelled') log.info('reconcile given up', { ...fields, reason: errorText(error) });
    else log.error('reconcile failed', { ...fields, error: errorText(error) });
  }
}

/** Where releases can be: the watched namespaces, and those that entries put releases of cluster-scoped kinds into. */
function releaseNamespaces(watched: readonly string[], entries: readonly WatchEntry[]): readonly string[] {
  if (watched.length === 0) return [];
  return [...watched, ...entries.flatMap(({ releaseNamespace }) => releaseNamespace ?? [])];
}

function releaseKeyOf(object: KubeObject | undefined): ReleaseKey {
  return { namespace: object?.metadata.namespace ?? '', name: object?.metadata.labels?.name ?? '' };
}
