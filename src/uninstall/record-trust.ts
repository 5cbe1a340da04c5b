// Whether the records of a release may be believed, and what an uninstall would touch by them (DESIGN.md P1). Pure.
import { gvkOf } from '../kube/resource.ts';
import { quoteUntrusted } from '../lib/quote-untrusted.ts';
import type { Release, ReleaseHook } from '../release/decode.ts';
import { type ManifestObject, parseManifest, resourcePolicyOf } from '../release/manifest.ts';
import { recordSecretType } from '../release/record.ts';
import { maxTokens } from '../release/strict-yaml.ts';

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

/** The latest record's content, taken apart once. */
export interface ParsedContent {
  readonly release: Release;
  /** Of its manifest. */
  readonly objects: readonly ManifestObject[];
  /** Of its delete hooks. */
  readonly hookObjects: readonly ManifestObject[];
  /** How many words of syntax both have. */
  readonly words: number;
}

/** Whether a kind lives in namespaces; undefined where the server does not know it. */
export type IsNamespaced = (object: { readonly apiVersion: string; readonly kind: string }) => boolean | undefined;

/** A kind that a release may have objects of, whatever its version. */
export interface AllowedKind {
  /** Empty for the core group; absent: any. */
  readonly group?: string | undefined;
  readonly kind: string;
}

/** Takes a release apart. @throws RecordError where a manifest cannot be read */
export function parseContent(release: Release): ParsedContent {
  const budget = { left: maxTokens };
  const objects = parseManifest(release.manifest, budget);
  const hookObjects = deleteHooksOf(release).flatMap(({ manifest }) => parseManifest(manifest, budget));
  return { release, objects, hookObjects, words: maxTokens - budget.left };
}

/**
 * Where a record says something else inside than outside, as a clause; undefined where all agree. helm sorts by the
 * revision inside the records and acts by the state inside, so each stored one must agree, not only the latest.
 */
export function recordMismatch(records: readonly DecodedRecord[]): string | undefined {
  for (const { secretName, secretType, claimed, said } of records) {
    if (secretType !== recordSecretType) {
      return `record ${secretName} is a Secret of type ${quoteUntrusted(secretType)}, not one of Helm`;
    }
    for (const field of ['name', 'namespace', 'revision', 'status'] as const) {
      if (said[field] === claimed[field]) continue;
      const inside = quoteUntrusted(String(said[field]));
      return `record ${secretName} says ${field} ${inside} inside, ${claimed[field]} outside`;
    }
  }
  return undefined;
}

/** Every object that helm names when it uninstalls: of the manifest, and what delete hooks make. */
export function touchedBy({ objects, hookObjects }: ParsedContent): readonly ManifestObject[] {
  return [...objects, ...hookObjects];
}

/** As {@link touchedBy}, without what helm leaves behind. */
export function deletedBy({ objects, hookObjects }: ParsedContent): readonly ManifestObject[] {
  return [...objects.filter((object) => !isLeftBehind(object)), ...hookObjects];
}

/** Whether helm leaves an object of the manifest out: by the annotation, with any value; it lists only those that say `keep`. */
export function isLeftBehind(object: ManifestObject): boolean {
  return resourcePolicyOf(object) !== undefined;
}

/** Those that are not in the release's namespace: elsewhere, cluster-scoped, or of a kind that nobody knows. */
export function outsideOf(
  objects: readonly ManifestObject[],
  { namespace, isNamespaced }: { readonly namespace: string; readonly isNamespaced: IsNamespaced },
): readonly ManifestObject[] {
  return objects.filter((object) => {
    if (isNamespaced(object) !== true) return true;
    const written = object.metadata.namespace;
    return written !== undefined && written !== '' && written !== namespace;
  });
}

/** Whether an object is of one of these kinds. */
export function isOfKind(
  object: { readonly apiVersion: string; readonly kind: string },
  kinds: readonly AllowedKind[],
): boolean {
  return isAllowedKind(gvkOf(object), kinds);
}

/** The same of a kind whose group is known. */
export function isAllowedKind(
  { group, kind }: { readonly group: string; readonly kind: string },
  kinds: readonly AllowedKind[],
): boolean {
  return kinds.some((one) => one.kind === kind && (one.group ?? group) === group);
}

/** Whether it is a volume claim. */
export function isVolumeClaim(object: { readonly apiVersion: string; readonly kind: string }): boolean {
  return isOfKind(object, [{ group: '', kind: 'PersistentVolumeClaim' }]);
}

/** The hooks that run at uninstall. */
export function deleteHooksOf({ hooks }: Release): readonly ReleaseHook[] {
  return hooks.filter(({ events }) => events.some(isDeleteEvent));
}

/** `pre-delete hook Job/clean`: quote it. */
export function describeHook({ events, kind, name }: ReleaseHook): string {
  return `${events.filter(isDeleteEvent).join(', ')} hook ${kind}/${name}`;
}

/** `Deployment/shop`: quote it. */
export function describeObject({ kind, metadata }: ManifestObject): string {
  return `${kind}/${metadata.name}`;
}

function isDeleteEvent(event: string): boolean {
  return event === 'pre-delete' || event === 'post-delete';
}
