// Releases written straight into the cluster: records as helm writes them, or as nobody should, and the objects they name.
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import type { ObjectInput } from '../../src/kube/objects.ts';

/** An object of a manifest, before it is anywhere. */
export interface Manifested extends ObjectInput {
  readonly metadata: ObjectInput['metadata'] & { readonly name: string; readonly ownerReferences?: readonly object[] };
}

/** A hook as a record holds it. */
export interface WrittenHook {
  readonly events: readonly string[];
  readonly object: Manifested;
}

/** A revision's record; what is left out is as helm would write it a day ago. */
export interface WrittenRecord {
  readonly namespace: string;
  readonly name: string;
  readonly revision?: number;
  readonly status?: string;
  readonly objects?: readonly Manifested[];
  readonly hooks?: readonly WrittenHook[];
  /** In place of what the objects give. */
  readonly manifest?: string;
  /** Negative is in the future; null: nobody wrote it down. */
  readonly ageMs?: number | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What the JSON says otherwise than the metadata. */
  readonly inside?: Readonly<Record<string, unknown>>;
  /** The record as text, from what it would be. */
  readonly text?: (json: string) => string;
  /** From the text to `data.release`, before the API's own base64; undefined: no data. Default gzip and base64. */
  readonly encode?: (text: string) => string | undefined;
  readonly type?: string;
  readonly secretName?: string;
}

const dayMs = 86_400_000;

/** The Secret. */
export function recordOf(record: WrittenRecord): ObjectInput & { readonly type: string } {
  const { namespace, name, revision = 1, status = 'deployed', ageMs = dayMs, type = 'helm.sh/release.v1' } = record;
  const json = JSON.stringify({
    name,
    info: {
      first_deployed: '2026-01-01T00:00:00Z',
      last_deployed: '2026-01-01T00:00:00Z',
      deleted: '',
      description: 'written by a test',
      status,
    },
    chart: { metadata: { name: 'written', version: '1.0.0', apiVersion: 'v2' } },
    config: {},
    manifest: record.manifest ?? manifestOf(record.objects ?? []),
    hooks: record.hooks?.map(hookOf) ?? [],
    version: revision,
    namespace,
    ...record.inside,
  });
  const inner = (record.encode ?? compressed)(record.text?.(json) ?? json);
  const at = ageMs === null ? {} : { createdAt: String(Math.floor((Date.now() - ageMs) / 1000)) };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: {
      name: record.secretName ?? `sh.helm.release.v1.${name}.v${revision}`,
      namespace,
      labels: { owner: 'helm', name, version: String(revision), status, ...at, ...record.labels },
      ...(record.annotations === undefined ? {} : { annotations: record.annotations }),
    },
    ...(inner === undefined ? {} : { data: { release: Buffer.from(inner, 'latin1').toString('base64') } }),
  };
}

/** gzip and base64, as helm does. */
export function compressed(text: string): string {
  return gzipSync(text).toString('base64');
}

/** Text that does not compress. */
export function noise(bytes: number): string {
  return randomBytes(bytes).toString('base64');
}

/** The manifest of these objects. */
export function manifestOf(objects: readonly Manifested[]): string {
  return objects.map((object) => `---\n# Source: written/templates/objects.yaml\n${stringify(object)}`).join('');
}

function hookOf({ events, object }: WrittenHook, index: number) {
  const path = `written/templates/hook-${index}.yaml`;
  const { kind, metadata } = object;
  return { name: metadata.name, kind, path, manifest: stringify(object), events, last_run: {}, weight: 0 };
}

/** The object as helm leaves it in the cluster: in the release's namespace unless it says another, with helm's marks. */
export function installed(
  object: Manifested,
  release: { readonly namespace: string; readonly name: string },
): Manifested {
  const { metadata } = object;
  const isClusterScoped = ['ClusterRole', 'ClusterRoleBinding', 'Namespace'].includes(object.kind);
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(isClusterScoped ? {} : { namespace: metadata.namespace ?? release.namespace }),
      labels: { 'app.kubernetes.io/managed-by': 'Helm', ...metadata.labels },
      annotations: {
        'meta.helm.sh/release-name': release.name,
        'meta.helm.sh/release-namespace': release.namespace,
        ...metadata.annotations,
      },
    },
  };
}

/** The smallest object a chart can have. */
export function configMap(name: string, metadata: Partial<Manifested['metadata']> = {}): Manifested {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data: { greeting: 'hello' } };
}

/** A claim of a chart; of no storage class, so that nobody binds it while it is looked at. */
export function volumeClaim(name: string, metadata: Partial<Manifested['metadata']> = {}): Manifested {
  const spec = { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage: '1Mi' } } };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, ...metadata }, spec };
}

/** A cluster-scoped object of a chart. */
export function clusterRole(name: string, metadata: Partial<Manifested['metadata']> = {}): Manifested {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, ...metadata },
    rules: [],
  };
}
