// Install and upgrade: one helm call, then what it made, read back (DESIGN.md O5).
import { DIGEST_LABEL, HOLDER_LABEL, OWNER_LABEL, ownerLabelValue } from '../../api/v1alpha1/labels.ts';
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { HelmError } from '../../helm/errors.ts';
import { helmUpgrade, type UpgradeOptions } from '../../helm/upgrade.ts';
import { formatDigestLabel } from '../decide/desired-digest.ts';
import { type DeployedRevision, readDeployed } from '../observe/deployed-revision.ts';
import type { Observation } from '../observe/observation.ts';
import { type Pass, type PassContext, writeStatus } from '../pass.ts';
import { verdictAfterDeploy } from '../status/verdict.ts';
import { overridesNote } from '../values/overrides-note.ts';
import { attempt, settleFailure } from './attempt.ts';
import { forgetFailure } from './forget-failure.ts';
import { actingFor, impersonationOf } from './impersonation.ts';
import { nextLook } from './next-look.ts';
import { prune } from './prune.ts';
import { recheckOf } from './recheck.ts';
import { noteRemains } from './remains.ts';
import { requireReplaceable } from './replaceable.ts';
import { settleUnreadable } from './unreadable.ts';

/** Decided anew at once. */
const nextPassMs = 1;

/** Makes the release equal to what is desired, and says how it stands. */
export async function deploy(pass: Pass, verb: 'install' | 'upgrade', context: PassContext): Promise<ReconcileResult> {
  const { key, observation, decision, signal } = pass;
  const expected = (observation.release?.revision ?? 0) + 1;
  context.log.info('deploying', { key, state: decision.state, reason: decision.message, revision: expected });
  // a crash may have kept from the status what it left
  if (observation.release?.status === 'failed') await noteRemains(pass, context);
  const options = upgradeOptions(observation, { revision: expected, holder: await context.helm.holder() });
  const error = await attempt(
    pass,
    async (onTurn) => {
      const { crds, chart } = observation.entry;
      if (crds === 'CreateReplace') await context.crds.ensure(chart, actingFor(observation, context.client), signal);
      await requireReplaceable(pass, 'upgrade', context);
      await helmUpgrade(context.helm, { ...options, signal, recheck: recheckOf(pass, context), onTurn });
    },
    context,
  );
  if (error !== undefined) return settleFailure(pass, { error, action: verb }, context);
  context.forces.set(key, observation.resource); // whatever can be read or written from here on
  const { release: latest } = await context.observer.refresh(observation, signal);
  let deployed: DeployedRevision;
  try {
    deployed = await readDeployed(pass, expected, context);
  } catch (failure) {
    return settleUnreadable(pass, { error: failure }, context);
  }
  if (deployed.release.digest !== options.labels[DIGEST_LABEL]) {
    // another helm was faster: the revision of that number is not taken for ours
    if (latest?.revision !== expected) {
      context.forces.forget(key);
      return { requeueAfterMs: nextPassMs };
    }
    return settleFailure(pass, { error: labelLost(expected), action: verb }, context);
  }
  if (deployed.inventory === undefined) {
    return settleUnreadable(pass, { error: deployed.unread, release: deployed.release }, context);
  }
  const workloads = await context.workloads.readiness(deployed.inventory, { signal });
  forgetFailure(pass, { isReady: workloads.state === 'ready' }, context);
  const { revision, chart } = deployed.release;
  context.recordEvent(observation.resource, {
    type: 'Normal',
    reason: verb === 'install' ? 'Installed' : 'Upgraded',
    action: verb,
    note: `revision ${revision} of ${chart}${verb === 'install' ? '' : `: ${decision.message}`}`,
  });
  const overrides = overridesNote(observation.entry);
  if (overrides !== undefined) {
    const reason = 'OverrideValuesInUse'; // helm-operator's
    context.recordEvent(observation.resource, { type: 'Warning', reason, action: verb, note: overrides });
  }
  const verdict = verdictAfterDeploy(verb, { revision, chart, workloads });
  const { release: snapshot } = deployed;
  const inventory = await prune(pass, deployed.inventory, context);
  await writeStatus(pass, { verdict, release: snapshot, inventory }, context);
  return nextLook(observation, { isReady: workloads.state === 'ready', waitMs: workloads.lookAgainMs });
}

/** What was deployed would not be known, and so be deployed again and again. */
function labelLost(revision: number): HelmError {
  return new HelmError(
    'HELM_FAILED',
    `revision ${revision} is deployed, but its record lacks the label ${DIGEST_LABEL}`,
    {
      remedy: 'Something changes the labels of Secrets: look for a mutating webhook or policy.',
    },
  );
}

/**
 * What helm is asked for. The record's labels carry owner, digest and holder, written by the same call as the record: a
 * crash right after it loses nothing (DESIGN.md O3), and one within it can be told (O9).
 */
function upgradeOptions(
  observation: Observation,
  { revision, holder }: { readonly revision: number; readonly holder: string },
): UpgradeOptions {
  const { entry, settings, resource, desired, releaseNamespace } = observation;
  if (!desired.isKnown) throw new TypeError('nothing is deployed while it is not known what');
  return {
    name: resource.metadata.name,
    namespace: releaseNamespace,
    chart: entry.chart.path,
    values: desired.values,
    labels: {
      [OWNER_LABEL]: ownerLabelValue(entry.gvk),
      [DIGEST_LABEL]: formatDigestLabel({ digest: desired.digest, revision }),
      [HOLDER_LABEL]: holder,
    },
    timeoutMs: settings.timeoutMs,
    maxHistory: entry.maxHistory,
    isReplaceForced: settings.isUpgradeForced,
    shouldSkipCrds: entry.crds !== 'Create',
    ...impersonationOf(observation),
  };
}
