// Taking over a release of operator-sdk's helm-operator, once: its objects, then the status, then the record, whose label says
// from then on whose it is (DESIGN.md O6). Cut short anywhere, it is found as it was and done again.
import { OWNER_LABEL, ownerLabelValue } from '../../api/v1alpha1/labels.ts';
import type { InventoryEntry, ReleaseSnapshot } from '../../api/v1alpha1/watched-status.ts';
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { isApiError } from '../../kube/errors.ts';
import { CoreResources } from '../../kube/resource.ts';
import { toDependent } from '../observe/dependents.ts';
import { snapshotOf } from '../observe/deployed-revision.ts';
import { toEntry } from '../observe/inventory.ts';
import type { ObservedResource } from '../observe/observation.ts';
import { stripRecord } from '../observe/release-cache.ts';
import type { ReadRelease } from '../observe/release-reader.ts';
import { type Pass, type PassContext, writeStatus } from '../pass.ts';
import { handOver } from '../takeover/hand-over.ts';
import { proveSdkOwnership, type SdkObject } from '../takeover/sdk-ownership.ts';
import { sdkOwnerOf } from '../takeover/sdk-traces.ts';
import { fieldManager } from './field-manager.ts';
import { actingFor } from './impersonation.ts';

/** What is ours now is decided on anew. */
const nextPassMs = 1;

/** The proof fails now: the next pass says why. */
const lookAgainMs = 1_000;

/** Takes over. Needs neither chart nor values. */
export async function adopt(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { key, observation, signal } = pass;
  const { resource, release, releaseNamespace: namespace, entry } = observation;
  const { name } = resource.metadata;
  if (release === undefined) return { requeueAfterMs: nextPassMs };
  const proof = await proveSdkOwnership({
    client: actingFor(observation, context.client),
    discovery: context.discovery,
    owner: sdkOwnerOf(resource, entry.gvk),
    release: { namespace, name, revision: release.revision },
    signal,
  });
  const isLabelled = release.owner !== undefined; // by hand: somebody knows better
  if (proof.read === undefined || (proof.doubt !== undefined && !isLabelled)) return { requeueAfterMs: lookAgainMs };
  context.log.info('taking over from operator-sdk', { key, revision: release.revision, objects: proof.objects.length });
  const inventory = await takeObjects(pass, proof.objects, context);
  const message = `revision ${release.revision} was operator-sdk's for this resource, and is ours now`;
  const verdict = { ready: 'Unknown', reason: 'TakingOver', message, phase: 'working' } as const;
  await writeStatus(pass, { verdict, release: snapshotOfInherited(resource, proof.read), inventory }, context);
  if (!(await takeRecord(pass, proof.read, context))) return { requeueAfterMs: lookAgainMs };
  context.recordEvent(resource, { type: 'Normal', reason: 'TakenOver', action: 'adopt', note: message });
  return { requeueAfterMs: nextPassMs };
}

/** Hands the objects over, unless they are about to be deleted; an object that went meanwhile is nobody's. */
async function takeObjects(
  pass: Pass,
  objects: readonly SdkObject[],
  context: PassContext,
): Promise<readonly InventoryEntry[]> {
  const { observation, signal } = pass;
  const { resource: owned, entry } = observation;
  const owner = sdkOwnerOf(owned, entry.gvk);
  const client = actingFor(observation, context.client);
  const isGoing = owned.metadata.deletionTimestamp !== undefined;
  const taken = await Promise.all(
    objects.map(async ({ resource, meta }) => {
      const latest = isGoing ? meta : await handOver(client, { resource, meta, owner, signal });
      if (latest === undefined) return undefined;
      await context.objects.remember(resource, { metadata: latest });
      return toEntry(resource, toDependent({ metadata: latest }));
    }),
  );
  return taken.filter((each) => each !== undefined);
}

/**
 * The content of the record is noted, and so may be rolled back to, only where helm-operator's status has the same manifest:
 * whoever may write Secrets may not write that. It tells nothing of hooks.
 */
function snapshotOfInherited({ sdkStatus }: ObservedResource, { release }: ReadRelease): ReleaseSnapshot {
  const { contentDigest, ...snapshot } = snapshotOf(release, '');
  const isKnown = release.hooks.length === 0 && sdkStatus?.deployedRelease?.manifest === release.manifest;
  return isKnown && contentDigest !== undefined ? { ...snapshot, contentDigest } : snapshot;
}

/** Labels the record that was read; false where it changed meanwhile. @throws ApiError */
async function takeRecord(pass: Pass, { secret }: ReadRelease, context: PassContext): Promise<boolean> {
  const { observation, signal } = pass;
  const { name, namespace, resourceVersion, ownerReferences = [] } = secret.metadata;
  const others = ownerReferences.filter(({ uid }) => uid !== observation.resource.metadata.uid);
  const metadata = {
    resourceVersion,
    labels: { [OWNER_LABEL]: ownerLabelValue(observation.entry.gvk) },
    ownerReferences: others.length === 0 ? null : others,
  };
  try {
    const client = actingFor(observation, context.client);
    const written = await client.merge(CoreResources.secrets, { metadata }, { namespace, name, fieldManager, signal });
    context.releases.store.remember(stripRecord(written));
    return true;
  } catch (error) {
    if (isApiError(error, 'API_CONFLICT', 'API_NOT_FOUND')) return false;
    throw error;
  }
}
