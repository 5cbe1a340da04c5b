// Install and upgrade: one helm call, then what it made, read back (DESIGN.md O5).
import { DIGEST_LABEL, OWNER_LABEL, ownerLabelValue } from '../../api/v1alpha1/labels.ts';
import type { InventoryEntry, ReleaseSnapshot } from '../../api/v1alpha1/watched-status.ts';
import type { Helm } from '../../helm/process.ts';
import { helmUpgrade } from '../../helm/upgrade.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Release } from '../../release/decode.ts';
import type { ObjectSource } from '../dependents.ts';
import { formatDigestLabel } from '../desired-digest.ts';
import { takeInventory } from '../inventory.ts';
import type { Observation } from '../observation.ts';
import { type ReleaseCache, stripRecord } from '../release-cache.ts';
import { readRelease } from '../release-reader.ts';

/** What the acts work with. */
export interface DeployContext {
  readonly helm: Helm;
  readonly client: KubeClient;
  readonly releases: ReleaseCache;
  readonly objects: ObjectSource;
  readonly signal: AbortSignal;
}

/** A revision as it is now. */
export interface DeployedRevision {
  readonly release: ReleaseSnapshot;
  readonly inventory: readonly InventoryEntry[];
}

/**
 * Makes the release equal to what the observation desires. The record's labels carry owner and digest, written by the
 * same call as the record: a crash right after it loses nothing (DESIGN.md O3). @throws HelmError
 */
export async function deploy(observation: Observation, context: DeployContext): Promise<void> {
  const { entry, resource, desired, release, releaseNamespace } = observation;
  if (!desired.isKnown) throw new TypeError('nothing is deployed while it is not known what');
  await helmUpgrade(context.helm, {
    name: resource.metadata.name,
    namespace: releaseNamespace,
    chart: entry.chart.path,
    values: desired.values,
    labels: {
      [OWNER_LABEL]: ownerLabelValue(entry.gvk),
      [DIGEST_LABEL]: formatDigestLabel({ digest: desired.digest, revision: (release?.revision ?? 0) + 1 }),
    },
    timeoutMs: entry.timeoutMs,
    maxHistory: entry.maxHistory,
    shouldSkipCrds: entry.crds === 'Skip',
    ...impersonationOf(observation),
    signal: context.signal,
  });
}

/** As whom helm acts: the entry's ServiceAccount in the release's namespace, else as ourselves (DESIGN.md O14). */
export function impersonationOf(observation: Observation): { readonly impersonate?: string } {
  const { serviceAccount } = observation.entry;
  return serviceAccount === undefined
    ? {}
    : { impersonate: `system:serviceaccount:${observation.releaseNamespace}:${serviceAccount}` };
}

/** Reads back revision `revision` of the observed release. @throws ApiError, RecordError */
export async function readDeployed(
  observation: Observation,
  revision: number,
  context: DeployContext,
): Promise<DeployedRevision> {
  const { client, releases, objects, signal } = context;
  const namespace = observation.releaseNamespace;
  const { name } = observation.resource.metadata;
  const read = await readRelease(client, { namespace, name, revision }, { signal });
  releases.store.remember(stripRecord(read.secret));
  return {
    release: snapshotOf(read.release, read.secret.metadata.labels?.[DIGEST_LABEL] ?? ''),
    inventory: await takeInventory(read.objects, { client, objects, releaseNamespace: namespace, signal }),
  };
}

function snapshotOf(release: Release, digest: string): ReleaseSnapshot {
  const { name, namespace, revision, status, chart, firstDeployed, lastDeployed } = release;
  return {
    name,
    namespace,
    revision,
    status: status as ReleaseSnapshot['status'],
    chart: `${chart.name}-${chart.version}`,
    digest,
    ...(chart.appVersion === undefined ? {} : { appVersion: chart.appVersion }),
    ...(firstDeployed === undefined ? {} : { firstDeployed }),
    ...(lastDeployed === undefined ? {} : { lastDeployed }),
  };
}
