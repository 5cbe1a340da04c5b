// What the operator is given, and what its kinds share.
import type { ReconcileObservation } from '../controller/controller.ts';
import type { Helm } from '../helm/process.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import type { EventRecorder } from '../kube/event-recorder.ts';
import type { WatchHub } from '../kube/watch-hub.ts';
import type { Clock } from '../lib/clock.ts';
import type { InFlight } from '../lib/in-flight.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { CheckedUninstaller } from '../uninstall/checked-uninstaller.ts';
import type { ReleaseUninstaller } from '../uninstall/uninstaller.ts';
import type { WatchEntry } from '../watches/watch-entry.ts';
import type { ChartCrds } from './act/chart-crds.ts';
import type { Leadership } from './leadership.ts';
import type { Dependents } from './observe/dependents.ts';
import type { Namespaces } from './observe/namespaces.ts';
import type { ReleaseCache } from './observe/release-cache.ts';
import type { ValuesSources } from './values/values-sources.ts';

/** What the operator is given. */
export interface OperatorOptions {
  readonly entries: readonly WatchEntry[];
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly uninstaller: CheckedUninstaller;
  /** helm, without the proof: for a record that is known to be what helm wrote for us. */
  readonly unproved: ReleaseUninstaller;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[];
  /** Default: this replica is alone. */
  readonly leadership?: Leadership;
  /** Resources of a kind worked on at once, where the entry says nothing. */
  readonly workers: number;
}

/** What the kinds share. */
export interface OperatorShared
  extends Pick<
    OperatorOptions,
    'client' | 'helm' | 'uninstaller' | 'unproved' | 'events' | 'clock' | 'log' | 'metrics' | 'workers'
  > {
  readonly discovery: Discovery;
  readonly crds: ChartCrds;
  readonly releases: ReleaseCache;
  readonly namespaces: Namespaces;
  readonly dependents: Dependents;
  readonly valuesSources: ValuesSources;
  /** Resolves when records and namespaces are known. */
  readonly synced: Promise<unknown>;
  /** Empty: all namespaces. */
  readonly watchedNamespaces: readonly string[];
  readonly hub: WatchHub;
  readonly leadership: Leadership;
  /** Each term's work, so that its end can be waited for. */
  readonly acting: InFlight;
  readonly observe: (entry: WatchEntry) => (observation: ReconcileObservation) => void;
}
