// The election of `run`: one Lease, what it fences, and what is told about it.
import { hostname } from 'node:os';
import type { KubeClient } from '../kube/client.ts';
import { electorIdentity } from '../kube/elector-identity.ts';
import { LeaderElection } from '../kube/leader-election.ts';
import { KubeLease } from '../kube/lease.ts';
import { systemClock } from '../lib/clock.ts';
import { errorText } from '../lib/error-text.ts';
import { inTurn } from '../lib/in-turn.ts';
import { SaidLately } from '../lib/said-lately.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { HelmFence } from './purge-session.ts';

/** The Lease's name unless `--leader-election-id` says otherwise (DESIGN.md §1). */
export const defaultLeaseName = 'bookstore-operator';

/**
 * From TERM to KILL for a helm whose Lease is lost. A term ends five seconds before anybody else may begin one: helm has
 * to be gone by then.
 */
const fencedHelmGraceMs = 3_000;

/** What keeps a replica that does not lead from acting. */
export interface Fence {
  /** Every write asks first whether we lead. */
  readonly client: KubeClient;
  /** So does every start of helm; and helm ends in time. */
  readonly helm: HelmFence;
}

/** The fence of an election; none where this replica is alone. */
export function fenceOf(election: LeaderElection | undefined, client: KubeClient): Fence {
  return election === undefined ? { client, helm: {} } : fenceBy(() => election.assertLeading(), client);
}

/** The fence of any guard, which throws where nothing may be done. */
export function fenceBy(guard: () => void, client: KubeClient): Fence {
  return alsoBy(guard, { client, helm: {} });
}

/** A fence with one guard more. */
export function alsoBy(guard: () => void, { client, helm }: Fence): Fence {
  const beforeStart = inTurn(helm.beforeStart, guard);
  return { client: client.fencedBy(guard), helm: { beforeStart, graceMs: fencedHelmGraceMs } };
}

/** What an election is wired with. */
export interface RunLeadershipOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Resolves when nothing of a term that is over is acted on any more. */
  readonly settled: () => Promise<void>;
}

/** The election, not yet run. */
export function newElection(options: RunLeadershipOptions): LeaderElection {
  const { client, namespace, name, log, metrics, settled } = options;
  const identity = electorIdentity(hostname());
  const said = new SaidLately(systemClock);
  metrics.leader.set({ lease: name }, 0);
  metrics.leaderRenewalFailures.inc({ lease: name }, 0);
  return new LeaderElection({
    lease: new KubeLease({ client, namespace, name, fieldManager: 'bookstore-operator' }),
    identity,
    onStartedLeading: () => {
      metrics.leader.set({ lease: name }, 1);
      metrics.leaderTransitions.inc({ lease: name });
      log.info('leading', { lease: `${namespace}/${name}`, identity });
    },
    onStoppedLeading: async (reason) => {
      metrics.leader.set({ lease: name }, 0);
      log.info('no longer leading', { lease: `${namespace}/${name}`, identity, reason: reason.message });
      await settled();
    },
    onNewHolder: (holder) =>
      log.info('lease holder seen', { lease: `${namespace}/${name}`, holder: holder ?? 'nobody' }),
    onError: (error) => {
      metrics.leaderRenewalFailures.inc({ lease: name });
      const text = errorText(error);
      const news = said.news(name, text);
      if (news !== undefined) log.warn('lease not reached, trying again', { error: text, ...news });
    },
  });
}
