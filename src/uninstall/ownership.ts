// Whose the live objects are: Helm's own marks on them, read as metadata before anything is deleted (DESIGN.md P2).
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import { gvkOf, type Resource } from '../kube/resource.ts';
import { UninstallError } from './errors.ts';
import type { ReleaseKey } from './uninstaller.ts';

/**
 * What the marks on an object say. `unmarked`: they name no other release, and this one not in full, as on what somebody
 * made by hand.
 */
export type Ownership = 'ours' | 'unmarked' | 'of-another';

const nameMark = 'meta.helm.sh/release-name';
const namespaceMark = 'meta.helm.sh/release-namespace';

/** Reads the marks. */
export function ownershipOf({ annotations }: Pick<ObjectMeta, 'annotations'>, release: ReleaseKey): Ownership {
  const name = annotations?.[nameMark];
  const namespace = annotations?.[namespaceMark];
  if (name === release.name && namespace === release.namespace) return 'ours';
  const isOfAnother = (name ?? release.name) !== release.name || (namespace ?? release.namespace) !== release.namespace;
  return isOfAnother ? 'of-another' : 'unmarked';
}

/** Of its annotations only the marks. */
export function marksOf({ annotations }: Pick<ObjectMeta, 'annotations'>): Readonly<Record<string, string>> {
  const marks = Object.entries(annotations ?? {}).filter(([key]) => key === nameMark || key === namespaceMark);
  return Object.fromEntries(marks);
}

/** The release that the marks name, as `namespace/name`: quote it. */
export function ownerOf({ annotations }: Pick<ObjectMeta, 'annotations'>): string {
  return `${annotations?.[namespaceMark] ?? '?'}/${annotations?.[nameMark] ?? '?'}`;
}

/** A chart has a dozen kinds; each one costs a look-up. */
const maxKinds = 200;

/** From an object of a manifest to its type; undefined where the server does not serve it. */
export type ResourceLookup = (object: ManifestType) => Resource | undefined;

/** What an object of a manifest says it is. */
export interface ManifestType {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Asks the server about each kind once. What is no API version never reaches a URL: manifests are untrusted.
 * @throws ApiError; UninstallError `RECORD_UNTRUSTED` for more kinds than a release can have
 */
export async function lookUpKinds(
  discovery: Discovery,
  objects: readonly ManifestType[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ResourceLookup> {
  const types = new Map(objects.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }]));
  if (types.size > maxKinds) {
    throw new UninstallError('RECORD_UNTRUSTED', `its manifest names more than ${maxKinds} kinds`);
  }
  const found = await Promise.all(
    [...types].map(async ([key, type]) => {
      const isApiVersion = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?v[a-z0-9]{1,62}$/.test(type.apiVersion);
      return [key, isApiVersion ? await discovery.find(gvkOf(type), options.signal) : undefined] as const;
    }),
  );
  const byType = new Map(found);
  return ({ apiVersion, kind }) => byType.get(`${apiVersion} ${kind}`);
}

/** An object as a manifest names it. */
export interface NamedObject {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** Which object is meant. */
export interface ReadLiveOptions {
  readonly resource: Resource;
  readonly releaseNamespace: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The metadata of the live object, undefined where there is none.
 * @throws ApiError
 */
export async function readLive(
  client: KubeClient,
  object: NamedObject,
  options: ReadLiveOptions,
): Promise<ObjectMeta | undefined> {
  const { name } = object;
  const namespace = namespaceOf(object, options);
  const live = await client.find(options.resource, { name, namespace, isMetadataOnly: true, signal: options.signal });
  return live?.metadata;
}

/** Where an object is: one that names no namespace is in the release's. Undefined for one that is cluster-scoped. */
export function namespaceOf(
  { namespace }: Pick<NamedObject, 'namespace'>,
  { resource, releaseNamespace }: Pick<ReadLiveOptions, 'resource' | 'releaseNamespace'>,
): string | undefined {
  if (!resource.isNamespaced) return undefined;
  return namespace === undefined || namespace === '' ? releaseNamespace : namespace;
}
