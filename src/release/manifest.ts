// A release's manifest, taken apart: the objects that Helm created, each in the namespace where Helm put it.
import { isMap } from '../lib/merge-maps.ts';
import { splitManifest, unreadable } from './manifest-text.ts';
import { maxTokens, readStrictYaml, type TokenBudget } from './strict-yaml.ts';

const listPolicy = Symbol('resource policy of the list');

/** One object of a manifest. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    /** As written; absent: the release's namespace, or none for a cluster-scoped kind. */
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** Set on an item of a list. */
  readonly [listPolicy]?: { readonly value: string | undefined };
  readonly [field: string]: unknown;
}

/**
 * Reads a manifest. A manifest is untrusted, and must not mean one thing to Helm and another to us: what two readers of
 * YAML could read differently is not read at all. Whatever has `items` is a list to Helm, whatever its kind says, and is
 * unfolded: what was applied, and what an uninstall deletes, are the items. `budget` is shared by manifests that belong
 * together.
 * @throws RecordError `MANIFEST_UNREADABLE`
 */
export function parseManifest(manifest: string, budget: TokenBudget = { left: maxTokens }): readonly ManifestObject[] {
  const objects: ManifestObject[] = [];
  for (const document of splitManifest(manifest)) {
    const value = readStrictYaml(document, budget);
    if (value !== undefined) collect(value, objects);
  }
  return objects;
}

/**
 * Whether Helm leaves the object behind at uninstall. Any other value than `keep` has the same effect, silently. Of a
 * list Helm reads only the list's own annotation, never those of the items.
 */
export function resourcePolicyOf(object: ManifestObject): string | undefined {
  const ofList = object[listPolicy];
  return ofList === undefined ? object.metadata.annotations?.['helm.sh/resource-policy'] : ofList.value;
}

function collect(value: unknown, into: ManifestObject[]): void {
  const items = itemsOf(value);
  if (items === undefined) {
    into.push(objectOf(value, 'something without apiVersion, kind and name'));
    return;
  }
  const list = value as Partial<ManifestObject>;
  const policy = { value: list.metadata?.annotations?.['helm.sh/resource-policy'] };
  for (const item of items) {
    if (itemsOf(item) !== undefined) throw unreadable('holds a list with an item that is no object');
    into.push(objectOf({ ...typedBy(list, item), [listPolicy]: policy }, 'a list with an item that is no object'));
  }
}

/**
 * As apimachinery: an item of a FooList is a Foo where it does not say what it is. One that says half of it has no kind to
 * Helm: that is refused.
 */
function typedBy(list: Partial<ManifestObject>, item: unknown): Readonly<Record<string, unknown>> {
  if (!isMap(item)) throw unreadable('holds a list with an item that is no object');
  if (isText(item.apiVersion) && isText(item.kind)) return item;
  if (item.apiVersion !== undefined || item.kind !== undefined) {
    throw unreadable('holds a list with an item that has an apiVersion or a kind, and not both');
  }
  return { ...item, apiVersion: list.apiVersion, kind: isText(list.kind) ? list.kind.replace(/List$/, '') : undefined };
}

/** Undefined where there is no list. `items: null` is an empty one. */
function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (!isMap(value) || !('items' in value)) return undefined;
  if (value.items === null) return [];
  if (!Array.isArray(value.items)) throw unreadable('holds items that are no list');
  return value.items;
}

function objectOf(value: unknown, what: string): ManifestObject {
  if (!isMap(value) || !isMap(value.metadata)) throw unreadable(`holds ${what}`);
  const { apiVersion, kind, metadata } = value;
  const { name, namespace, labels, annotations } = metadata;
  if (!isText(apiVersion) || !isText(kind) || !isText(name)) throw unreadable(`holds ${what}`);
  if (!isAbsent(namespace) && typeof namespace !== 'string') throw unreadable('holds a namespace that is no text');
  for (const map of [labels, annotations]) {
    if (!isAbsent(map) && !isMap(map)) throw unreadable('holds labels or annotations that are no map');
  }
  return { ...value, apiVersion, kind, metadata: withoutNulls({ ...metadata, name }) };
}

/** `namespace:` without a value is none, to Helm as to us. */
function withoutNulls(metadata: ManifestObject['metadata']): ManifestObject['metadata'] {
  const optional = ['namespace', 'labels', 'annotations'];
  const given = Object.entries(metadata).filter(([key, value]) => value !== null || !optional.includes(key));
  return { ...Object.fromEntries(given), name: metadata.name };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
