// The resource and its CRD, as our operator takes them and as the other one does.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ObjectInput } from '../../src/kube/objects.ts';
import { firstSpec } from '../chart-objects.ts';
import type { ReleaseName } from '../site.ts';

const root = join(import.meta.dirname, '..', '..');

/** After the update: another image, so that each application gets a new pod. */
export const secondSpec = { ...firstSpec, image: { app: { tag: '2' } } } as const;

/** A BookStore with that spec. */
export function bookStore({ namespace, name }: ReleaseName, spec: object): ObjectInput {
  return { apiVersion: 'velotio.com/v1alpha1', kind: 'BookStore', metadata: { namespace, name }, spec };
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
