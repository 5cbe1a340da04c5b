// Nothing to do: the status says why, and where it was lost it is read back from the record.
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { readDeployed } from '../deployed-revision.ts';
import { type Pass, type PassContext, writeStatus } from '../pass.ts';
import { verdictAfterDeploy, verdictOf } from '../verdict.ts';
import { nextLook } from './next-look.ts';

/** Says how the resource stands. */
export async function settle(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { observation, decision } = pass;
  const verdict = verdictOf(decision);
  if (verdict === undefined) return {};
  if (decision.reason === 'ForeignRelease') {
    const note = decision.message;
    context.recordEvent(observation.resource, { type: 'Warning', reason: 'ForeignRelease', action: 'install', note });
  }
  const waitMs = decision.requeueAfterMs;
  if (decision.state !== 'InSync') {
    await writeStatus(pass, { verdict }, context);
    return waitMs === undefined ? {} : { requeueAfterMs: waitMs };
  }
  if (isStatusLost(pass)) return recall(pass, context);
  await writeStatus(pass, { verdict }, context);
  return nextLook(observation, { isReady: verdict.ready === 'True', waitMs });
}

/** Lost by a restored backup or by hand, or a crash came between helm's record and the status. */
function isStatusLost({ observation }: Pass): boolean {
  const { release, resource } = observation;
  const known = resource.status;
  return release !== undefined && (known?.release?.revision !== release.revision || known.inventory === undefined);
}

async function recall(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { observation, decision, signal } = pass;
  const deployed = await readDeployed(pass, observation.release?.revision ?? 1, context);
  const workloads = await context.workloads.readiness(deployed.inventory, signal);
  const { revision, chart } = deployed.release;
  const verdict = verdictAfterDeploy(revision === 1 ? 'install' : 'upgrade', { revision, chart, workloads });
  await writeStatus(pass, { verdict, ...deployed }, context);
  return nextLook(observation, { isReady: workloads.state === 'ready', waitMs: decision.requeueAfterMs });
}
