// The operator as a whole: what all kinds share (records, namespaces, dependents, Events), and the kinds themselves.
import { ownerLabelValue } from '../api/v1alpha1/labels.ts';
import type { ReconcileObservation } from '../controller/controller.ts';
import { Discovery } from '../kube/discovery.ts';
import { ObjectStore } from '../kube/object-store.ts';
import type { KubeObject } from '../kube/objects.ts';
import { Reflector } from '../kube/reflector.ts';
import { CoreResources, type Resource } from '../kube/resource.ts';
import { errorText } from '../lib/error-text.ts';
import { recordLabelSelector } from '../release/record.ts';
import type { WatchEntry } from '../watches/watch-entry.ts';
import { Dependents } from './dependents.ts';
import type { OperatorOptions, OperatorShared } from './operator-options.ts';
import { ReleaseCache, type ReleaseKey, stripRecord } from './release-cache.ts';
import { WatchedKind } from './watched-kind.ts';

/** Keeps releases equal to resources for as long as it runs. */
export class Operator {
  readonly #options: OperatorOptions;
  #kinds: readonly WatchedKind[] = [];

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  /** What is not there yet; empty when every kind is served and all caches are filled. */
  get waitingFor(): readonly string[] {
    if (this.#kinds.length === 0) return ['the start'];
    return this.#kinds.filter((kind) => !kind.hasSynced).map((kind) => `kind ${kind.name}`);
  }

  /**
   * Runs until `stop` aborts, then finishes what is in flight and returns. `cancel` ends helm calls in flight: their
   * releases stay as helm leaves them when it is told to stop.
   */
  async run(signals: { readonly stop: AbortSignal; readonly cancel: AbortSignal }): Promise<void> {
    const closing = new AbortController();
    const { shared, watching } = this.#share(closing.signal);
    this.#kinds = this.#options.entries.map((entry) => new WatchedKind(entry, shared));
    try {
      await Promise.all(this.#kinds.map((kind) => kind.run({ ...signals, close: closing.signal })));
      await this.#options.events.flush();
    } finally {
      closing.abort();
      await Promise.all([...watching, shared.dependents.stopped()]);
    }
  }

  #share(closed: AbortSignal): { readonly shared: OperatorShared; readonly watching: readonly Promise<void>[] } {
    const { client, log } = this.#options;
    const scopes = this.#options.namespaces.length === 0 ? [undefined] : this.#options.namespaces;
    const releases = new ReleaseCache();
    const namespaces = new ObjectStore<KubeObject>();
    const tell = (cause: 'record' | 'object') => (release: ReleaseKey) => {
      for (const kind of this.#kinds) kind.releaseChanged(release, cause);
    };
    const tellRecord = tell('record');
    const discovery = new Discovery(client);
    const onError = (error: unknown, resource: Resource): void =>
      log.warn('watch failed, trying again', { kind: resource.kind, error: errorText(error) });
    const records = scopes.map(
      (namespace) =>
        new Reflector<KubeObject>({
          client,
          resource: CoreResources.secrets,
          namespace,
          labelSelector: recordLabelSelector,
          isMetadataOnly: true,
          strip: stripRecord,
          store: releases.store,
          onChange: ({ before, after }) => tellRecord(releaseKeyOf(after ?? before)),
          onError: (error) => onError(error, CoreResources.secrets),
        }),
    );
    const namespaceReflector = new Reflector<KubeObject>({
      client,
      resource: CoreResources.namespaces,
      isMetadataOnly: true,
      store: namespaces,
      onError: (error) => onError(error, CoreResources.namespaces),
    });
    const reflectors = [...records, namespaceReflector];
    return {
      watching: reflectors.map((reflector) => reflector.run(closed)),
      shared: {
        ...this.#options,
        discovery,
        releases,
        namespaces,
        dependents: new Dependents({
          client,
          discovery,
          namespaces: scopes,
          signal: closed,
          onChange: tell('object'),
          onError,
        }),
        synced: Promise.all(reflectors.map((reflector) => reflector.synced)),
        scopesOf: (type) => (type.isNamespaced ? scopes : [undefined]),
        observe: (entry) => (observation) => this.#observe(entry, observation),
      },
    };
  }

  #observe(entry: WatchEntry, observation: ReconcileObservation): void {
    const { key, outcome, durationMs, error } = observation;
    const { metrics } = this.#options;
    const kind = ownerLabelValue(entry.gvk);
    metrics.reconciles.inc({ kind, result: outcome });
    metrics.reconcileDuration.observe({ kind }, durationMs / 1000);
    const fields = { kind: entry.gvk.kind, key, outcome, durationMs: Math.round(durationMs) };
    if (error === undefined) this.#options.log.debug('reconciled', fields);
    else this.#options.log.error('reconcile failed', { ...fields, error: errorText(error) });
  }
}

function releaseKeyOf(object: KubeObject | undefined): ReleaseKey {
  return { namespace: object?.metadata.namespace ?? '', name: object?.metadata.labels?.name ?? '' };
}
