// A release's manifest, taken apart: the objects that Helm created, each in the namespace where Helm put it.
import { type Document, parseAllDocuments } from 'yaml';
import { errorText } from '../lib/error-text.ts';
import { RecordError } from './decode.ts';

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
 * As lenient as Helm's own reader, so that no manifest means one thing to Helm and another to us: merge keys are merged,
 * of a key that comes twice the last counts.
 */
const yamlOptions = { merge: true, uniqueKeys: false, logLevel: 'silent' } as const;

/** Aliases that one document may unfold to. */
const maxAliasCount = 1_000;

/**
 * Reads a manifest. Whatever has `items` is a list to Helm, whatever its kind says, and is unfolded: what was applied,
 * and what an uninstall deletes, are the items.
 * @throws RecordError `MANIFEST_UNREADABLE`
 */
export function parseManifest(manifest: string): readonly ManifestObject[] {
  const objects: ManifestObject[] = [];
  for (const value of documents(manifest)) {
    if (value !== null && value !== undefined) collect(value, objects);
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

function documents(manifest: string): unknown[] {
  try {
    return [...parseAllDocuments(manifest, yamlOptions)].map((document: Document.Parsed) => {
      const [problem] = [...document.errors, ...document.warnings]; // an unknown tag is a warning
      if (problem !== undefined) throw problem;
      return document.toJS({ maxAliasCount });
    });
  } catch (cause) {
    throw unreadable(`is not YAML: ${errorText(cause)}`, cause);
  }
}

function collect(value: unknown, into: ManifestObject[]): void {
  const items = itemsOf(value);
  if (items === undefined) {
    if (!isObject(value)) throw unreadable('holds something without apiVersion, kind and name');
    into.push(value);
    return;
  }
  const list = value as Partial<ManifestObject>;
  const policy = { value: list.metadata?.annotations?.['helm.sh/resource-policy'] };
  for (const item of items) {
    // as apimachinery: an item of a FooList is a Foo where it does not say what it is
    const { apiVersion } = list;
    const kind = list.kind?.replace(/List$/, '');
    const typed: unknown = isMap(item) ? { apiVersion, kind, ...item, [listPolicy]: policy } : item;
    if (!isObject(typed) || itemsOf(typed) !== undefined)
      throw unreadable('holds a list with an item that is no object');
    into.push(typed);
  }
}

/** Undefined where there is no list. `items: null` is an empty one. */
function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (!isMap(value) || !('items' in value)) return undefined;
  if (value.items === null) return [];
  if (!Array.isArray(value.items)) throw unreadable('holds items that are no list');
  return value.items;
}

function isObject(value: unknown): value is ManifestObject {
  if (!isMap(value)) return false;
  const { apiVersion, kind, metadata } = value;
  return (
    typeof apiVersion === 'string' && typeof kind === 'string' && isMap(metadata) && typeof metadata.name === 'string'
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(what: string, cause?: unknown): RecordError {
  return new RecordError('MANIFEST_UNREADABLE', `the manifest ${what}`, cause === undefined ? {} : { cause });
}
