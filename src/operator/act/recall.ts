// A status that was lost, or is behind the record, is written anew from the record: no helm is needed for that.
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { isApiError } from '../../kube/errors.ts';
import { type DeployedRevision, readDeployed } from '../observe/deployed-revision.ts';
import { stillThere } from '../observe/inventory.ts';
import { type Pass, type PassContext, writeStatus } from '../pass.ts';
import { verdictAfterDeploy } from '../status/verdict.ts';
import { nextLook } from './next-look.ts';
import { asRecalled } from './trust.ts';
import { settleUnreadable } from './unreadable.ts';

const lookAgainMs = 1_000;

/** Reads back what the record says. Who wrote the record is not known: what is done by it later is proved first. */
export async function recall(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { observation, decision, signal } = pass;
  let deployed: DeployedRevision;
  try {
    deployed = await readDeployed(pass, observation.release?.revision ?? 1, context);
  } catch (error) {
    if (!isApiError(error, 'API_NOT_FOUND')) return settleUnreadable(pass, { error }, context);
    await context.observer.refresh(observation, signal); // the cache knew a record that is gone
    return { requeueAfterMs: lookAgainMs };
  }
  const release = asRecalled(observation.resource, deployed.release);
  if (deployed.inventory === undefined) return settleUnreadable(pass, { error: deployed.unread, release }, context);
  const inventory = await withKnown(pass, deployed.inventory, context);
  const workloads = await context.workloads.readiness(inventory, { signal });
  const { revision, chart } = release;
  const verdict = verdictAfterDeploy(revision === 1 ? 'install' : 'upgrade', { revision, chart, workloads });
  await writeStatus(pass, { verdict, release, inventory }, context);
  const waitMs = workloads.lookAgainMs ?? decision.requeueAfterMs;
  return nextLook(observation, { isReady: workloads.state === 'ready', waitMs });
}

/** A record must not make us forget an object that we know of: a deletion has to find it. */
async function withKnown(
  { observation, signal }: Pass,
  inventory: readonly InventoryEntry[],
  { client, objects }: PassContext,
): Promise<readonly InventoryEntry[]> {
  const uids = new Set(inventory.map(({ uid }) => uid));
  const others = (observation.resource.status?.inventory ?? []).filter(({ uid }) => !uids.has(uid));
  const sources = { client, objects, releaseNamespace: observation.releaseNamespace, signal };
  return [...inventory, ...(await stillThere(others, sources))];
}
