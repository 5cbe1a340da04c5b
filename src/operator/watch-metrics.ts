// The figures of the watches.
import { isApiError } from '../kube/errors.ts';
import type { Resource } from '../kube/resource.ts';
import type { WatchHub, WatchObservation } from '../kube/watch-hub.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** `secrets`, `deployments.apps`. */
export function resourceName(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/**
 * Counts what happens to watches, and at each scrape looks at how they are. A watch is known by resource, namespace (empty:
 * all) and label selector, which the configuration bounds. Where several are alike in these, which read different parts of
 * the same objects, the figures are the sum of their objects and the longest silence.
 */
export function meterWatches(metrics: Metrics, hub: WatchHub): (observation: WatchObservation) => void {
  metrics.onScrape(() => {
    metrics.watchObjects.reset();
    metrics.watchSilence.reset();
    const bySilence = hub.watches().toSorted((a, b) => (a.silentMs ?? 0) - (b.silentMs ?? 0));
    for (const { resource, namespace = '', labelSelector: selector = '', objects, silentMs } of bySilence) {
      const labels = { resource: resourceName(resource), namespace, selector };
      metrics.watchObjects.inc(labels, objects);
      if (silentMs !== undefined) metrics.watchSilence.set(labels, silentMs / 1000); // the longest is the last
    }
  });
  return (observation) => {
    const resource = resourceName(observation.resource);
    if (observation.kind === 'dialled') {
      (observation.verb === 'watch' ? metrics.watchStarts : metrics.watchLists).inc({ resource });
      return;
    }
    const code = isApiError(observation.error) ? observation.error.code : 'other';
    metrics.watchErrors.inc({ resource, code });
  };
}
