// What to look for once a release is gone: names alone, taken down before its records go with it (P10). Pure.
import { isMap } from '../../lib/merge-maps.ts';
import { RecordError, type ReleaseHook } from '../../release/decode.ts';
import { type ManifestObject, parseManifest, resourcePolicyOf } from '../../release/manifest.ts';
import { maxTokens } from '../../release/strict-yaml.ts';
import type { ProvenRelease } from '../../uninstall/prove-stored.ts';
import { isLeftBehind, isVolumeClaim } from '../../uninstall/record-trust.ts';
import type { ReleaseKey } from '../../uninstall/uninstaller.ts';
import type { LeftReason } from './left-object.ts';

/** One object to look for. */
export interface SoughtObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** As written: absent where the manifest names none. */
  readonly namespace?: string;
  readonly name: string;
  /** Of what is to go: one of another uid is not that object. Absent: whatever has the name. */
  readonly uid?: string;
  /** Why it is there, if it is. `still-there`: it is to go, and is waited for. */
  readonly why: Extract<LeftReason, 'kept' | 'resource-policy' | 'hook' | 'volume' | 'still-there'>;
  /** The value of the annotation that helm does not know. */
  readonly policy?: string;
}

/** All that a release may leave. */
export interface Sighting {
  readonly release: ReleaseKey;
  readonly objects: readonly SoughtObject[];
  /** What the names of claims begin with that its StatefulSets make: a number follows. */
  readonly claimPrefixes: readonly string[];
}

/** A chart has a handful; records are as large as somebody made them. */
const maxHookObjects = 100;

/** Takes it down. */
export function sightingOf(
  release: ReleaseKey,
  { content, live }: ProvenRelease,
  options: {
    /** Whether volume claims of the manifest stay. Default false. */
    readonly areClaimsLeft?: boolean;
  } = {},
): Sighting {
  const going = live.map(({ object, meta }) => {
    const isLeft = options.areClaimsLeft === true && isVolumeClaim(object);
    return { ...namesOf(object), uid: meta.uid, why: isLeft ? ('volume' as const) : ('still-there' as const) };
  });
  const isGoing = new Set(going.map(keyOf));
  const staying = content.objects.filter(isLeftBehind).map(stayingOf);
  const ofHooks = hookObjects(content.release.hooks, release.namespace).filter((one) => !isGoing.has(keyOf(one)));
  const statefulSets = content.objects.filter((one) => one.kind === 'StatefulSet' && !isLeftBehind(one));
  const claimPrefixes = statefulSets.flatMap(claimPrefixesOf);
  // a copy: a name that is a piece of the manifest would hold the whole of it in memory until the end of the run
  return structuredClone({ release, objects: [...going, ...staying, ...ofHooks], claimPrefixes });
}

/** Less what the API server has said to be gone: of what was to go, only what is `going` still, by its uid. */
export function withoutGone(sighting: Sighting, going: ReadonlySet<string>): Sighting {
  const objects = sighting.objects.filter(({ why, uid = '' }) => why !== 'still-there' || going.has(uid));
  return { ...sighting, objects };
}

function stayingOf(object: ManifestObject): SoughtObject {
  const policy = resourcePolicyOf(object) ?? '';
  return policy.trim().toLowerCase() === 'keep'
    ? { ...namesOf(object), why: 'kept' }
    : { ...namesOf(object), why: 'resource-policy', policy };
}

/** Of hooks of every kind, in the release's namespace alone: helm follows none of them, and a record may name any. */
function hookObjects(hooks: readonly ReleaseHook[], namespace: string): readonly SoughtObject[] {
  const budget = { left: maxTokens };
  const objects = hooks.slice(0, maxHookObjects).flatMap(({ manifest }) => {
    try {
      return parseManifest(manifest, budget);
    } catch (error) {
      if (error instanceof RecordError) return []; // it holds back nothing: what it made is not known
      throw error;
    }
  });
  const found = objects
    .filter(({ metadata }) => (metadata.namespace ?? namespace) === namespace)
    .slice(0, maxHookObjects);
  return [...new Map(found.map((one) => [keyOf(namesOf(one)), { ...namesOf(one), why: 'hook' as const }])).values()];
}

/** A StatefulSet names its claims TEMPLATE-NAME-NUMBER. */
function claimPrefixesOf({ metadata, spec }: ManifestObject): readonly string[] {
  const templates = isMap(spec) && Array.isArray(spec.volumeClaimTemplates) ? spec.volumeClaimTemplates : [];
  return templates.flatMap((template: unknown) => {
    const name = isMap(template) && isMap(template.metadata) ? template.metadata.name : undefined;
    return typeof name === 'string' ? [`${name}-${metadata.name}-`] : [];
  });
}

function namesOf({ apiVersion, kind, metadata: { namespace, name } }: ManifestObject): Omit<SoughtObject, 'why'> {
  return { apiVersion, kind, name, ...(namespace === undefined || namespace === '' ? {} : { namespace }) };
}

function keyOf({ apiVersion, kind, namespace, name }: Omit<SoughtObject, 'why'>): string {
  return [apiVersion, kind, namespace ?? '', name].join(' ');
}
