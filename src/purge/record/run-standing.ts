// How runs stand that say that they are at work: whether somebody works at each, told without changing anything.
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { KubeLease, type Lease } from '../../kube/lease.ts';
import { holdOf, isAtWork } from './dead-runs.ts';
import { nameOfRun, type StoredRun } from './read-run.ts';
import { endingOf } from './run-ending.ts';
import { isProvedDead, leaseOf } from './run-hold.ts';
import { runFieldManager } from './run-object.ts';

/** What is known of a run that is not over by its record. */
export interface RunStanding {
  /** What is known of its end, where its worker is proved to be dead. */
  readonly ending?: string;
  /** When its Lease was last renewed, by its worker's clock. */
  readonly renewedAt?: string;
}

/** By the run's name, of those at work by their records. A Lease that may not be read proves nothing. @throws ApiError */
export async function standingsOf(
  client: KubeClient,
  runs: readonly StoredRun[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, RunStanding>> {
  const atWork = runs.filter(isAtWork);
  const keys = new Set(atWork.flatMap((run) => leaseOf(holdOf(run))?.key ?? []));
  const leases = new Map<string, Lease>();
  for (const key of keys) {
    const lease = await readLease(client, key, signal);
    if (lease !== undefined) leases.set(key, lease);
  }
  return new Map(atWork.map((run) => [nameOfRun(run), standingOf(run, leases)]));
}

function standingOf(run: StoredRun, leases: ReadonlyMap<string, Lease>): RunStanding {
  const hold = holdOf(run);
  const isDead = isProvedDead(hold, ({ key, identity }) => {
    const holder = leases.get(key)?.spec?.holderIdentity ?? '';
    return holder === '' ? undefined : holder === identity; // one that is gone or empty may have been taken from under a worker
  });
  if (isDead) return { ending: endingOf(run) };
  const renewedAt = leases.get(leaseOf(hold)?.key ?? '')?.spec?.renewTime;
  return renewedAt === undefined ? {} : { renewedAt };
}

async function readLease(client: KubeClient, key: string, signal: AbortSignal): Promise<Lease | undefined> {
  const [namespace = '', name = ''] = key.split('/');
  try {
    return await new KubeLease({ client, namespace, name, fieldManager: runFieldManager }).read(signal);
  } catch (error) {
    if (isApiError(error, 'API_FORBIDDEN')) return undefined;
    throw error;
  }
}
