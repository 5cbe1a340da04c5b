// What the chart makes of a BookStore, as objects: what the API server alone would take to have them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { parse, parseAllDocuments } from 'yaml';
import type { ObjectInput } from '../../src/kube/objects.ts';
import type { ReleaseName } from './site.ts';

const root = join(import.meta.dirname, '..', '..');

/** `spec` of all resources. Without a ServiceAccount the chart is two Deployments and two Services. */
export const firstSpec = { replicaCount: 1, image: { app: { tag: '1' } }, serviceAccount: { create: false } } as const;

/** After the update: another image, so that each application gets a new pod. */
export const secondSpec = { ...firstSpec, image: { app: { tag: '2' } } } as const;

/** Pods of one release, by their component. */
export const components = ['app', 'mongodb'] as const;

/** A BookStore with that spec. */
export function bookStore({ namespace, name }: ReleaseName, spec: object): ObjectInput {
  return { apiVersion: 'velotio.com/v1alpha1', kind: 'BookStore', metadata: { namespace, name }, spec };
}

const placeholder: ReleaseName = { namespace: 'the-namespace', name: 'the-release' };

/** Renders the bundled chart once, for any release: see {@link objectsOf}. */
export async function renderChart(
  spec: object,
  tools: { readonly helm: string; readonly home: string; readonly signal: AbortSignal },
): Promise<readonly ObjectInput[]> {
  const { namespace, name } = placeholder;
  const { stdout } = await execa(
    tools.helm,
    ['template', name, join(root, 'charts', 'bookstore'), '-n', namespace, '-f', '-'],
    { input: JSON.stringify(spec), env: { HOME: tools.home }, cancelSignal: tools.signal },
  );
  return parseAllDocuments(stdout).map((document) => document.toJS() as ObjectInput);
}

/** The rendered objects of one release: what the chart would give for it. */
export function objectsOf(rendered: readonly ObjectInput[], { namespace, name }: ReleaseName): readonly ObjectInput[] {
  const text = JSON.stringify(rendered).replaceAll(placeholder.namespace, namespace).replaceAll(placeholder.name, name);
  return JSON.parse(text) as ObjectInput[];
}

/** The CRD of the BookStore, as shipped. */
export async function bookStoreCrd(): Promise<ObjectInput> {
  return parse(await readFile(join(root, 'deploy', 'crds', 'velotio.com_bookstores.yaml'), 'utf8')) as ObjectInput;
}

interface CrdVersion {
  readonly schema: { readonly openAPIV3Schema: { readonly properties: Readonly<Record<string, unknown>> } };
}

/**
 * The same with a status that takes anything, as operator-sdk scaffolds it: the other operator's conditions have no
 * reason at first, which our schema refuses.
 */
export function withOpenStatus(crd: ObjectInput): ObjectInput {
  const spec = crd.spec as { readonly versions: readonly CrdVersion[] };
  const versions = spec.versions.map((version) => {
    const schema = version.schema.openAPIV3Schema;
    const status = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const properties = { ...schema.properties, status };
    return { ...version, schema: { openAPIV3Schema: { ...schema, properties } } };
  });
  return { ...crd, spec: { ...spec, versions } };
}
