// A release's manifest, taken apart: the objects that Helm created, each in the namespace where Helm put it.
import { parseAllDocuments } from 'yaml';
import { RecordError } from './decode.ts';

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
  readonly [field: string]: unknown;
}

/** Reads a manifest; `List` kinds are unfolded as Helm does. @throws RecordError `MANIFEST_UNREADABLE` */
export function parseManifest(manifest: string): readonly ManifestObject[] {
  const objects: ManifestObject[] = [];
  for (const document of parseAllDocuments(manifest, { maxAliasCount: 1_000 } as Parameters<
    typeof parseAllDocuments
  >[1])) {
    const error = 'errors' in document ? document.errors[0] : undefined;
    if (error !== undefined) {
      throw new RecordError('MANIFEST_UNREADABLE', `the manifest is not YAML: ${error.message}`, { cause: error });
    }
    const value: unknown = document.toJS({ maxAliasCount: 1_000 });
    if (value === null || value === undefined) continue;
    collect(value, objects);
  }
  return objects;
}

/** Whether Helm leaves the object behind at uninstall. Any other value than `keep` has the same effect, silently. */
export function resourcePolicyOf(object: ManifestObject): string | undefined {
  return object.metadata.annotations?.['helm.sh/resource-policy'];
}

function collect(value: unknown, into: ManifestObject[]): void {
  if (isList(value)) {
    for (const item of value.items) collect(item, into);
  } else if (isObject(value)) {
    into.push(value);
  } else {
    throw new RecordError('MANIFEST_UNREADABLE', 'the manifest holds something without apiVersion, kind and name');
  }
}

function isList(value: unknown): value is { readonly items: readonly unknown[] } {
  const list = value as { kind?: unknown; items?: unknown };
  return typeof list.kind === 'string' && list.kind.endsWith('List') && Array.isArray(list.items);
}

function isObject(value: unknown): value is ManifestObject {
  const object = value as { apiVersion?: unknown; kind?: unknown; metadata?: { name?: unknown } | null };
  return (
    typeof object.apiVersion === 'string' &&
    typeof object.kind === 'string' &&
    typeof object.metadata?.name === 'string'
  );
}
