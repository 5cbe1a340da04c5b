// The rules that need the content of the records: untrusted until it agrees with what the metadata said (P1, P7).

import type { Release, ReleaseHook } from '../release/decode.ts';
import { type ManifestObject, parseManifest, resourcePolicyOf } from '../release/manifest.ts';
import { maxTokens } from '../release/strict-yaml.ts';
import { quoteUntrusted } from './keep.ts';
import type { Verdict } from './plan.ts';
import { foreignVerdict, isFluxKey } from './rules.ts';
import type { PurgeSettings } from './settings.ts';

/** What a stored record says inside, beside what its metadata claims. */
export interface DecodedRecord {
  readonly secretName: string;
  readonly secretType: string;
  readonly claimed: RecordIdentity;
  /** What stands inside. */
  readonly said: RecordIdentity;
}

/** Of what a record is, and in which state. */
export interface RecordIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly status: string;
}

/** Whether a kind lives in namespaces; undefined where the server does not know it. */
export type IsNamespaced = (object: { readonly apiVersion: string; readonly kind: string }) => boolean | undefined;

/** A live object outside the release's namespace whose kind the policy allows: its owner is still to be proved. */
export interface OutsideObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** What the content says. */
export interface ContentFindings {
  /** Set: the release is kept. */
  readonly verdict?: Verdict;
  readonly chart: string;
  /** Objects that stay behind although the release goes. */
  readonly leaves: readonly string[];
  /** To be proved by the live objects before anything is deleted. */
  readonly outside: readonly OutsideObject[];
}

/** The latest record's content, taken apart once. */
export interface ParsedContent {
  readonly release: Release;
  /** Of its manifest. */
  readonly objects: readonly ManifestObject[];
  /** Of its delete hooks. */
  readonly hookObjects: readonly ManifestObject[];
}

/** All that a content rule may look at. */
export interface ContentInput {
  /** Every stored one. */
  readonly records: readonly DecodedRecord[];
  readonly latest: ParsedContent;
  readonly isNamespaced: IsNamespaced;
  readonly settings: Pick<PurgeSettings, 'volumes' | 'serviceAccount' | 'allowedKinds' | 'shouldPurgeForeign'>;
}

/** Takes a release apart. @throws RecordError where a manifest cannot be read */
export function parseContent(release: Release): ParsedContent {
  const budget = { left: maxTokens };
  return {
    release,
    objects: parseManifest(release.manifest, budget),
    hookObjects: deleteHooksOf(release).flatMap(({ manifest }) => parseManifest(manifest, budget)),
  };
}

/** Every object that helm deletes or makes when it uninstalls. */
export function touchedBy({ objects, hookObjects }: ParsedContent): readonly ManifestObject[] {
  return [...objects, ...hookObjects];
}

/** Looks at the content. */
export function inspectContent(input: ContentInput): ContentFindings {
  const { release, objects } = input.latest;
  const touched = touchedBy(input.latest);
  const outside = touched.filter((object) => !isInside(object, release.namespace, input.isNamespaced));
  const verdict =
    mismatch(input.records) ??
    foreign(touched, input.settings) ??
    deleteHooksWithoutAccount(release, input.settings) ??
    outsideNamespace(outside, input) ??
    unprotectedVolume(objects, input.settings);
  return {
    ...(verdict === undefined ? {} : { verdict }),
    chart: `${release.chart.name}-${release.chart.version}`,
    leaves: objects.filter(isLeftBehind).map(label),
    outside: outside.map(({ apiVersion, kind, metadata }) => ({
      apiVersion,
      kind,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    })),
  };
}

/**
 * helm sorts by the revision inside the records and acts by the state inside, so each stored one must agree, not only the
 * latest.
 */
function mismatch(records: ContentInput['records']): Verdict | undefined {
  for (const { secretName, secretType, claimed, said } of records) {
    if (secretType !== 'helm.sh/release.v1') {
      return doubtful(`record ${secretName} is a Secret of type ${quoteUntrusted(secretType)}, not one of Helm`);
    }
    for (const field of ['name', 'namespace', 'revision', 'status'] as const) {
      if (said[field] === claimed[field]) continue;
      const inside = quoteUntrusted(String(said[field]));
      return doubtful(`record ${secretName} says ${field} ${inside} inside, ${claimed[field]} outside`);
    }
  }
  return undefined;
}

/** Flux labels what it renders; operator-sdk gives it owner references. Both stand in the recorded manifest. */
function foreign(objects: readonly ManifestObject[], settings: ContentInput['settings']): Verdict | undefined {
  if (settings.shouldPurgeForeign) return undefined;
  for (const { metadata } of objects) {
    if (Object.keys(metadata.labels ?? {}).some(isFluxKey)) return foreignVerdict('Flux');
    const references: unknown = 'ownerReferences' in metadata ? metadata.ownerReferences : undefined;
    const isSdk = metadata.annotations?.['operator-sdk/primary-resource'] !== undefined;
    if (isSdk || (Array.isArray(references) && references.length > 0)) return foreignVerdict('another operator');
  }
  return undefined;
}

function deleteHooksWithoutAccount(content: Release, settings: ContentInput['settings']): Verdict | undefined {
  const [hook] = deleteHooksOf(content);
  if (hook === undefined || settings.serviceAccount !== undefined) return undefined;
  const what = `${hook.events.filter(isDeleteEvent).join(', ')} hook ${hook.kind}/${hook.name}`;
  return {
    action: 'keep',
    rule: 'delete-hooks',
    reason: `it has a ${quoteUntrusted(what)}, which would run with our rights: the policy names no serviceAccount`,
  };
}

function outsideNamespace(
  outside: readonly ManifestObject[],
  { settings, isNamespaced }: ContentInput,
): Verdict | undefined {
  const object = outside.find(({ apiVersion, kind }) => {
    const group = groupOf(apiVersion);
    return !settings.allowedKinds.some((allowed) => allowed.kind === kind && allowed.group === group);
  });
  if (object === undefined) return undefined;
  const scope = isNamespaced(object);
  const where =
    scope === undefined
      ? 'is of a kind that the server does not know'
      : scope
        ? `is in namespace ${quoteUntrusted(object.metadata.namespace ?? '')}`
        : 'is cluster-scoped';
  return {
    action: 'keep',
    rule: 'outside-namespace',
    reason: `${quoteUntrusted(label(object))} in its manifest ${where}, and its kind is not in allowedKinds`,
  };
}

/** helm deletes a PVC that stands in the manifest unless the recorded manifest says `keep` (P7). */
function unprotectedVolume(
  manifest: readonly ManifestObject[],
  settings: ContentInput['settings'],
): Verdict | undefined {
  if (settings.volumes === 'Delete') return undefined;
  for (const object of manifest) {
    if (isVolumeClaim(object) && !isKept(object)) {
      const policy = resourcePolicyOf(object);
      const why =
        policy === undefined
          ? 'would be deleted: it has no helm.sh/resource-policy: keep'
          : `has helm.sh/resource-policy: ${quoteUntrusted(policy)}, not keep: helm leaves it as well, and says nothing`;
      return volumeVerdict(`${quoteUntrusted(label(object))} ${why}`);
    }
    if (deletesItsClaims(object) && !isKept(object)) {
      return volumeVerdict(`${quoteUntrusted(label(object))} deletes its volume claims with itself`);
    }
  }
  return undefined;
}

function volumeVerdict(why: string): Verdict {
  return { action: 'keep', rule: 'volumes', reason: `${why} (volumes: Keep)` };
}

function isVolumeClaim({ apiVersion, kind }: ManifestObject): boolean {
  return kind === 'PersistentVolumeClaim' && groupOf(apiVersion) === '';
}

function deletesItsClaims({ kind, spec }: ManifestObject): boolean {
  if (kind !== 'StatefulSet' || typeof spec !== 'object' || spec === null) return false;
  const retention = (spec as { persistentVolumeClaimRetentionPolicy?: { whenDeleted?: unknown } })
    .persistentVolumeClaimRetentionPolicy;
  return retention?.whenDeleted === 'Delete';
}

function isKept(object: ManifestObject): boolean {
  return resourcePolicyOf(object)?.trim().toLowerCase() === 'keep';
}

/** helm leaves out whatever carries the annotation, with any value, and lists only those that say `keep`. */
function isLeftBehind(object: ManifestObject): boolean {
  return resourcePolicyOf(object) !== undefined;
}

function isInside(object: ManifestObject, namespace: string, isNamespaced: IsNamespaced): boolean {
  if (isNamespaced(object) !== true) return false;
  const written = object.metadata.namespace;
  return written === undefined || written === '' || written === namespace;
}

function deleteHooksOf({ hooks }: Release): readonly ReleaseHook[] {
  return hooks.filter(({ events }) => events.some(isDeleteEvent));
}

function isDeleteEvent(event: string): boolean {
  return event === 'pre-delete' || event === 'post-delete';
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

function label({ kind, metadata }: ManifestObject): string {
  return `${kind}/${metadata.name}`;
}

function doubtful(reason: string): Verdict {
  return { action: 'keep', rule: 'record-mismatch', reason, isDoubtful: true };
}
