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
export function meterWatches(
  metrics: Metrics,
  hub: Pick<WatchHub, 'watches'>,
): (observation: WatchObservation) => void {
  metrics.onScrape(() => {
    metrics.watchObjects.reset();
    metrics.watchSilence.reset();
    for (const [resource, watches] of Map.groupBy(hub.watches(), (watch) => resourceName(watch.resource))) {
      // Secrets are watched twice, records and all others; watches that are split by namespace share what they hold
      const held = new Map(watches.map(({ labelSelector, objects }) => [labelSelector, objects]));
      metrics.watchObjects.set({ resource }, sum(held.values()));
      const silences = watches.flatMap(({ silentMs }) => silentMs ?? []);
      if (silences.length > 0) metrics.watchSilence.set({ resource }, Math.max(...silences) / 1000);
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

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, each) => total + each, 0);
}
