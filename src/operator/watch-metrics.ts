// The figures of the watches.
import { isApiError } from '../kube/errors.ts';
import type { Resource } from '../kube/resource.ts';
import type { WatchHub, WatchObservation } from '../kube/watch-hub.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** `secrets`, `deployments.apps`. */
export function resourceName(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** Counts what happens to watches, and at each scrape looks at how they are. */
export function meterWatches(metrics: Metrics, hub: WatchHub): (observation: WatchObservation) => void {
  metrics.onScrape(() => {
    metrics.watchObjects.reset();
    metrics.watchSilence.reset();
    for (const { resource, objects, silentMs } of hub.watches()) {
      const labels = { resource: resourceName(resource) };
      metrics.watchObjects.set(labels, objects);
      if (silentMs !== undefined) metrics.watchSilence.set(labels, silentMs / 1000);
    }
  });
  return (observation) => {
    const resource = resourceName(observation.resource);
    if (observation.kind === 'dialled') {
      if (observation.verb === 'watch') metrics.watchStarts.inc({ resource });
      return;
    }
    const code = isApiError(observation.error) ? observation.error.code : 'other';
    metrics.watchErrors.inc({ resource, code });
  };
}
