// A resource of a kind that watches.yaml maps to a chart: its spec is the chart's values.
import type { ObjectMeta } from './object-meta.ts';
import type { WatchedStatus } from './watched-status.ts';

/** Values of a chart as they come out of JSON. */
export type ChartValues = Readonly<Record<string, unknown>>;

/** A watched resource. `spec` may be absent: the chart's defaults then are all there is. */
export interface WatchedResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: ChartValues;
  readonly status?: WatchedStatus;
}

/** Helm's limit for release names, and with it for the names of watched resources. */
export const MAX_RELEASE_NAME_LENGTH = 53;
