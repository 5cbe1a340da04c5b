// The end of the way back: undo Secrets whose time is over are deleted, and nothing else (DESIGN.md P8).
import pMap from 'p-map';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import { CoreResources } from '../../kube/resource.ts';
import { actingClient } from '../../kube/service-account.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorText } from '../../lib/error-text.ts';
import type { PurgeSettings } from '../policy/settings.ts';
import { isExpired, UndoLabel, undoSelector } from './undo-secret.ts';

/** What sweeping takes. */
export interface SweepDeps {
  /** Fenced like every write of a run. */
  readonly client: KubeClient;
  readonly settings: Pick<PurgeSettings, 'serviceAccount' | 'undoRetentionMs'>;
  readonly clock: Clock;
}

/** Where, and until when. */
export interface SweepOptions {
  /** The policy's namespaces: looked at one by one where we may not list Secrets in all, and swept as its serviceAccount. */
  readonly namespaces: readonly string[];
  /** Called once there is something to delete; rejects: it stays. Default nothing. */
  readonly beforeDelete?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was swept; a sentence for each thing that was not. */
export interface Sweep {
  readonly removed: number;
  readonly warnings: readonly string[];
}

/** Deletions in flight at once. */
const concurrency = 8;

/** A run sweeps no more, and neither looks nor deletes longer than this: whoever may write Secrets can make any number of them. */
const maxSwept = 1_000;
const maxSweepMs = 30_000;

/** Sweeps. A failure is a warning: the next run tries again. Never throws. */
export async function sweepUndo(deps: SweepDeps, sweep: SweepOptions): Promise<Sweep> {
  const warnings: string[] = [];
  try {
    const expired = await expiredOnes(deps, bounded(sweep), warnings);
    if (expired.length > 0) await sweep.beforeDelete?.();
    const options = bounded(sweep);
    const fates = await pMap(expired, (meta) => remove(deps, meta, options), { concurrency });
    const failures = fates.filter((fate) => typeof fate === 'string');
    const [first] = failures;
    if (first !== undefined) warnings.push(`${failures.length} expired undo Secrets could not be deleted: ${first}`);
    return { removed: fates.filter((fate) => fate === true).length, warnings };
  } catch (error) {
    return {
      removed: 0,
      warnings: [...warnings, `expired undo Secrets are left to the next run: ${errorText(error)}`],
    };
  }
}

function bounded(sweep: SweepOptions): SweepOptions {
  const timeUp = AbortSignal.timeout(maxSweepMs);
  return { ...sweep, signal: sweep.signal === undefined ? timeUp : AbortSignal.any([sweep.signal, timeUp]) };
}

async function expiredOnes(
  { client, settings, clock }: SweepDeps,
  { namespaces, signal }: SweepOptions,
  warnings: string[],
): Promise<readonly ObjectMeta[]> {
  const time = { nowMs: clock.now(), retentionMs: settings.undoRetentionMs };
  const expired: ObjectMeta[] = [];
  const collect = async (namespace?: string): Promise<void> => {
    const pages = client.pages(CoreResources.secrets, { ...undoSelector, namespace, isMetadataOnly: true, signal });
    for await (const { items } of pages) {
      for (const { metadata } of items) if (isOurs(metadata) && isExpired(metadata, time)) expired.push(metadata);
      if (expired.length >= maxSwept) return;
    }
  };
  try {
    await collect();
    return expired;
  } catch (error) {
    if (!isApiError(error, 'API_FORBIDDEN')) throw error;
  }
  for (const namespace of namespaces) {
    try {
      await collect(namespace);
    } catch (error) {
      signal?.throwIfAborted();
      warnings.push(`expired undo Secrets could not be looked for in namespace ${namespace}: ${errorText(error)}`);
    }
  }
  return expired;
}

/** The server has filtered by type; a label without the other is not what we write. What is being deleted needs nobody. */
function isOurs({ labels, deletionTimestamp }: ObjectMeta): boolean {
  return (
    deletionTimestamp === undefined && labels?.[UndoLabel.run] !== undefined && labels[UndoLabel.release] !== undefined
  );
}

/** Whether it was there; or why it still is. */
async function remove(
  { client, settings }: SweepDeps,
  { namespace = '', name, uid }: ObjectMeta,
  { namespaces, signal }: SweepOptions,
): Promise<boolean | string> {
  const serviceAccount = namespaces.includes(namespace) ? settings.serviceAccount : undefined;
  const acting = actingClient(client, { serviceAccount, namespace });
  try {
    return (await acting.delete(CoreResources.secrets, { namespace, name, uid, signal })) !== 'absent';
  } catch (error) {
    return errorText(error);
  }
}
