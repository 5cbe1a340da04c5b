// Where the figures of a running operator come from, and the server that shows them.
import { hostname } from 'node:os';
import type { HelmObservation } from '../helm/process.ts';
import type { RunningServer } from '../http/http-server.ts';
import { startMetricsServer } from '../http/metrics-server.ts';
import { selfSigned } from '../http/self-signed.ts';
import type { EventObservation } from '../kube/event-recorder.ts';
import type { OpenClient } from '../kube/open-client.ts';
import type { RequestObservation } from '../kube/request-sender.ts';
import { TokenReviewer } from '../kube/token-review.ts';
import { systemClock } from '../lib/clock.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { packageVersion } from './version.ts';

/** Counts requests; `code` is `none` where there was no answer. */
export function meterRequests(metrics: Metrics): (observation: RequestObservation) => void {
  return ({ verb, resource, status, durationMs }) => {
    metrics.requests.inc({ verb, resource, code: status === 0 ? 'none' : String(status) });
    metrics.requestDuration.observe({ verb }, durationMs / 1000);
  };
}

/** Counts Events. */
export function meterEvents(metrics: Metrics): (observation: EventObservation) => void {
  return ({ type, result }) => metrics.events.inc({ type, result });
}

/** Counts calls of helm. */
export function meterHelm(metrics: Metrics): (observation: HelmObservation) => void {
  return ({ verb, result, durationMs }) => {
    metrics.helmCalls.inc({ verb, result });
    metrics.helmDuration.observe({ verb }, durationMs / 1000);
  };
}

/** Where, and how. */
export interface MetricsAddress {
  /** `0` for nowhere. */
  readonly address: string;
  /** HTTPS with a certificate of our own making. */
  readonly isSecure: boolean;
}

/** Serves the metrics; undefined where the address is `0`. @throws HttpServerError */
export async function serveMetrics(
  { address, isSecure }: MetricsAddress,
  metrics: Metrics,
  opened: OpenClient,
): Promise<RunningServer | undefined> {
  metrics.buildInfo.set({ version: packageVersion() }, 1);
  metrics.onScrape(() => metrics.requestBrake.set(opened.heldBackMs() / 1000));
  if (address === '0') return undefined;
  const reviewer = new TokenReviewer(opened.client, { clock: systemClock });
  return startMetricsServer({
    address,
    expose: () => metrics.expose(),
    review: (token, path) => reviewer.review(token, path),
    ...(isSecure ? { tls: await selfSigned(hostname(), new Date(systemClock.now())) } : {}),
  });
}
