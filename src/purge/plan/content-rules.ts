// The rules that need the content of the records: untrusted until it agrees with what the metadata said (P1, P7).
import { gvkOf } from '../../kube/resource.ts';
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import type { Release } from '../../release/decode.ts';
import { type ManifestObject, resourcePolicyOf } from '../../release/manifest.ts';
import { uncovered } from '../../uninstall/native-coverage.ts';
import {
  type DecodedRecord,
  deleteHooksOf,
  describeHook,
  describeObject,
  type IsNamespaced,
  isLeftBehind,
  isOfKind,
  isVolumeClaim,
  outsideOf,
  type ParsedContent,
  recordMismatch,
  touchedBy,
} from '../../uninstall/record-trust.ts';
import type { PurgeSettings } from '../policy/settings.ts';
import { notRestored } from './not-restored.ts';
import type { Verdict } from './plan.ts';
import { foreignVerdict, isFluxKey } from './rules.ts';

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
  /** What does not come back with the release. */
  readonly notRestored: readonly string[];
  /** To be proved by the live objects before anything is deleted. */
  readonly outside: readonly OutsideObject[];
}

/** All that a content rule may look at. */
export interface ContentInput {
  /** Every stored one. */
  readonly records: readonly DecodedRecord[];
  readonly latest: ParsedContent;
  readonly isNamespaced: IsNamespaced;
  readonly settings: Pick<
    PurgeSettings,
    'volumes' | 'driver' | 'serviceAccount' | 'allowedKinds' | 'shouldPurgeForeign'
  >;
}

/** Looks at the content. */
export function inspectContent(input: ContentInput): ContentFindings {
  const { release, objects } = input.latest;
  const leavesClaims = areClaimsLeft(input.latest, input.settings);
  const touched = touchedBy(input.latest);
  const outside = outsideOf(touched, { namespace: release.namespace, isNamespaced: input.isNamespaced });
  const verdict =
    mismatch(input.records) ??
    foreign(touched, input.settings) ??
    deleteHooksWithoutAccount(release, input.settings) ??
    outsideNamespace(outside, input) ??
    unprotectedVolume(input.latest, input.settings);
  return {
    ...(verdict === undefined ? {} : { verdict }),
    chart: `${release.chart.name}-${release.chart.version}`,
    leaves: objects.filter((one) => isLeftBehind(one) || (leavesClaims && isVolumeClaim(one))).map(describeObject),
    notRestored: notRestored(input.latest, { areClaimsLeft: leavesClaims }),
    outside: outside.map(({ apiVersion, kind, metadata }) => ({
      apiVersion,
      kind,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    })),
  };
}

function mismatch(records: ContentInput['records']): Verdict | undefined {
  const reason = recordMismatch(records);
  return reason === undefined ? undefined : { action: 'keep', rule: 'record-mismatch', reason, isDoubtful: true };
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
  return {
    action: 'keep',
    rule: 'delete-hooks',
    reason: `it has a ${quoteUntrusted(describeHook(hook))}, which would run with our rights: the policy names no serviceAccount`,
  };
}

function outsideNamespace(
  outside: readonly ManifestObject[],
  { settings, isNamespaced }: ContentInput,
): Verdict | undefined {
  const object = outside.find((one) => !isOfKind(one, settings.allowedKinds));
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
    reason: `${quoteUntrusted(describeObject(object))} in its manifest ${where}, and its kind is not in allowedKinds`,
  };
}

/** Whether the claims of the manifest stay where they are: the native driver can leave them, helm cannot (P7). */
function areClaimsLeft(content: ParsedContent, { volumes, driver }: ContentInput['settings']): boolean {
  return volumes === 'Keep' && driver !== 'helm' && uncovered(content) === undefined;
}

/** helm deletes a PVC that stands in the manifest unless the recorded manifest says `keep` (P7). */
function unprotectedVolume(content: ParsedContent, settings: ContentInput['settings']): Verdict | undefined {
  if (settings.volumes === 'Delete') return undefined;
  const leavesClaims = areClaimsLeft(content, settings);
  for (const object of content.objects) {
    if (isVolumeClaim(object) && !isKept(object) && !leavesClaims) {
      const policy = resourcePolicyOf(object);
      const why =
        policy === undefined
          ? 'would be deleted: it has no helm.sh/resource-policy: keep'
          : `has helm.sh/resource-policy: ${quoteUntrusted(policy)}, not keep: helm leaves it as well, and says nothing`;
      return volumeVerdict(`${quoteUntrusted(describeObject(object))} ${why}`);
    }
    if (deletesItsClaims(object) && !isKept(object)) {
      return volumeVerdict(`${quoteUntrusted(describeObject(object))} deletes its volume claims with itself`);
    }
    if (holdsVolumes(object) && !isKept(object)) {
      return volumeVerdict(
        `${quoteUntrusted(describeObject(object))} would be deleted, and what is stored there with it`,
      );
    }
  }
  return undefined;
}

function volumeVerdict(why: string): Verdict {
  return { action: 'keep', rule: 'volumes', reason: `${why} (volumes: Keep)` };
}

/** A chart may bring a Namespace, with whatever is in it by now, or the volume itself. */
function holdsVolumes(object: ManifestObject): boolean {
  const { group, kind } = gvkOf(object);
  return group === '' && (kind === 'Namespace' || kind === 'PersistentVolume');
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
