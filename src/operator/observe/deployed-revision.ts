// A revision as it is in the cluster: its record, read and decoded, and the objects it put there.
import { DIGEST_LABEL } from '../../api/v1alpha1/labels.ts';
import type { InventoryEntry, ReleaseSnapshot } from '../../api/v1alpha1/watched-status.ts';
import { contentDigest } from '../../release/content-digest.ts';
import { RecordError, type Release } from '../../release/decode.ts';
import { parseManifest } from '../../release/manifest.ts';
import type { Pass, PassContext } from '../pass.ts';
import { takeInventory } from './inventory.ts';
import { stripRecord } from './release-cache.ts';
import { readRelease } from './release-reader.ts';

/** What status says of a revision. */
export interface DeployedRevision {
  readonly release: ReleaseSnapshot;
  /** Undefined where the manifest is not read. */
  readonly inventory?: readonly InventoryEntry[];
  /** Why it is not. */
  readonly unread?: RecordError;
}

/** Reads revision `revision` of the observed release. @throws ApiError; RecordError where not even the record is read */
export async function readDeployed(pass: Pass, revision: number, context: PassContext): Promise<DeployedRevision> {
  const { client, releases, objects } = context;
  const { observation, signal } = pass;
  const namespace = observation.releaseNamespace;
  const { name } = observation.resource.metadata;
  const read = await readRelease(client, { namespace, name, revision }, { signal });
  releases.store.remember(stripRecord(read.secret));
  const release = snapshotOf(read.release, read.secret.metadata.labels?.[DIGEST_LABEL] ?? '');
  try {
    const manifest = parseManifest(read.release.manifest);
    return {
      release,
      inventory: await takeInventory(manifest, { client, objects, releaseNamespace: namespace, signal }),
    };
  } catch (error) {
    if (error instanceof RecordError) return { release, unread: error };
    throw error;
  }
}

/** What status says of a release; `digest` is the label of its record. */
export function snapshotOf(release: Release, digest: string): ReleaseSnapshot {
  const { name, namespace, revision, status, chart, firstDeployed, lastDeployed } = release;
  return {
    name,
    namespace,
    revision,
    status: status as ReleaseSnapshot['status'],
    chart: `${chart.name}-${chart.version}`,
    digest,
    contentDigest: contentDigest(release),
    ...(chart.appVersion === undefined ? {} : { appVersion: chart.appVersion }),
    ...(firstDeployed === undefined ? {} : { firstDeployed }),
    ...(lastDeployed === undefined ? {} : { lastDeployed }),
  };
}
