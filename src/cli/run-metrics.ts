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
import type { NightEnd } from '../purge/run-night.ts';
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

/** Counts nights, and what became of the releases. The results stand there from the beginning, so that none is missed. */
export function meterNights(metrics: Metrics, policy: string): (policy: string, end: NightEnd | undefined) => void {
  for (const result of nightResults) metrics.purgeRuns.inc({ policy, result }, 0);
  return (name, end) => {
    const result = resultOf(end);
    metrics.purgeRuns.inc({ policy: name, result });
    if (typeof end !== 'object' || result === 'blocked') return;
    metrics.purgeDuration.observe({ policy: name }, end.durationMs / 1_000);
    if (result === 'succeeded') metrics.purgeLastSuccess.set({ policy: name }, systemClock.now() / 1_000);
    for (const outcome of end.outcomes) {
      const code = outcome.result === 'not-started' ? end.stoppedBy : 'code' in outcome ? outcome.code : undefined;
      metrics.purgeReleases.inc({ policy: name, result: outcome.result, code: code ?? '' });
    }
  };
}

const nightResults = ['succeeded', 'failed', 'blocked', 'planned', 'suspended', 'interrupted', 'refused'] as const;

function resultOf(end: NightEnd | undefined): (typeof nightResults)[number] {
  if (end === undefined) return 'refused';
  if (typeof end === 'string') return end;
  const { stoppedBy, counts } = end;
  if (stoppedBy === 'cap') return 'blocked';
  if (stoppedBy === 'interrupted') return 'interrupted';
  return counts.failed + counts.notStarted > 0 ? 'failed' : 'succeeded';
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
