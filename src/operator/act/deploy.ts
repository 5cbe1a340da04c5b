// Install and upgrade: one helm call, then what it made, read back (DESIGN.md O5).
import { DIGEST_LABEL, OWNER_LABEL, ownerLabelValue } from '../../api/v1alpha1/labels.ts';
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { helmUpgrade, type UpgradeOptions } from '../../helm/upgrade.ts';
import { type DeployedRevision, readDeployed } from '../deployed-revision.ts';
import { formatDigestLabel } from '../desired-digest.ts';
import type { Observation } from '../observation.ts';
import { type Pass, type PassContext, writeStatus } from '../pass.ts';
import { verdictAfterDeploy } from '../verdict.ts';
import { attempt, settleFailure } from './attempt.ts';
import { impersonationOf } from './impersonation.ts';
import { nextLook } from './next-look.ts';
import { settleUnreadable } from './unreadable.ts';

/** Makes the release equal to what is desired, and says how it stands. */
export async function deploy(pass: Pass, verb: 'install' | 'upgrade', context: PassContext): Promise<ReconcileResult> {
  const { key, observation, decision, signal } = pass;
  const expected = (observation.release?.revision ?? 0) + 1;
  context.log.info('deploying', { key, state: decision.state, reason: decision.message, revision: expected });
  const options = upgradeOptions(observation, expected);
  const error = await attempt(
    pass,
    async () => {
      await helmUpgrade(context.helm, { ...options, signal });
    },
    context,
  );
  if (error !== undefined) return settleFailure(pass, { error, verb }, context);
  context.failures.delete(key);
  const { release } = await context.observer.refresh(observation, signal);
  let deployed: DeployedRevision;
  try {
    deployed = await readDeployed(pass, release?.revision ?? expected, context);
  } catch (failure) {
    return settleUnreadable(pass, failure, context);
  }
  const workloads = await context.workloads.readiness(deployed.inventory, signal);
  const { revision, chart } = deployed.release;
  context.recordEvent(observation.resource, {
    type: 'Normal',
    reason: verb === 'install' ? 'Installed' : 'Upgraded',
    action: verb,
    note: `revision ${revision} of ${chart}: ${decision.message}`,
  });
  const verdict = verdictAfterDeploy(verb, { revision, chart, workloads });
  await writeStatus(pass, { verdict, ...deployed }, context);
  return nextLook(observation, { isReady: workloads.state === 'ready' });
}

/**
 * What helm is asked for. The record's labels carry owner and digest, written by the same call as the record: a crash
 * right after it loses nothing (DESIGN.md O3).
 */
function upgradeOptions(observation: Observation, revision: number): UpgradeOptions {
  const { entry, resource, desired, releaseNamespace } = observation;
  if (!desired.isKnown) throw new TypeError('nothing is deployed while it is not known what');
  return {
    name: resource.metadata.name,
    namespace: releaseNamespace,
    chart: entry.chart.path,
    values: desired.values,
    labels: {
      [OWNER_LABEL]: ownerLabelValue(entry.gvk),
      [DIGEST_LABEL]: formatDigestLabel({ digest: desired.digest, revision }),
    },
    timeoutMs: entry.timeoutMs,
    maxHistory: entry.maxHistory,
    shouldSkipCrds: entry.crds === 'Skip',
    ...impersonationOf(observation),
  };
}
