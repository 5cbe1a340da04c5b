// Watch entries for tests: the defaults of watches.yaml, with what a case changes.
import type { WatchEntry } from '../../src/watches/watch-entry.ts';

/** An entry as an empty line in watches.yaml would give it, for BookStore and the bundled chart. */
export function watchEntry(changes: Partial<WatchEntry> = {}): WatchEntry {
  return {
    gvk: { group: 'velotio.com', version: 'v1alpha1', kind: 'BookStore' },
    chartPath: 'charts/bookstore',
    watchDependentResources: true,
    overrideValues: [],
    overrideTree: {},
    selector: {},
    reconcilePeriodMs: undefined,
    maxConcurrentReconciles: undefined,
    dryRunOption: 'none',
    timeoutMs: 300_000,
    readyTimeoutMs: 300_000,
    maxHistory: 10,
    driftDetection: { mode: 'enabled', ignore: [] },
    valuesFrom: [],
    allowValuesFromAnnotation: false,
    releaseNamespace: undefined,
    crds: 'Create',
    remediation: { install: 'none', upgrade: 'rollback', retries: 3 },
    serviceAccount: undefined,
    chart: {
      path: 'charts/bookstore',
      name: 'bookstore',
      version: '0.1.0',
      appVersion: 'latest',
      digest: 'sha256:0',
      hasSchema: true,
      defaults: { values: {}, openPaths: [] },
      kinds: [],
    },
    ...changes,
  };
}
