// Whims: a kind of its own for each test file, with an open spec, mapped to a chart that does what its values say.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { withOpenStatus } from '../../bench/operator/book-store.ts';
import { customResourceDefinition, openSpec } from '../../src/api/crd/custom-resource-definition.ts';
import type { KubeObject, ObjectInput } from '../../src/kube/objects.ts';
import type { Resource } from '../../src/kube/resource.ts';
import { loadWatches } from '../../src/watches/load.ts';
import type { WatchEntry } from '../../src/watches/watch-entry.ts';
import { established, kubectl } from './operator-run.ts';
import { testCluster } from './test-context.ts';

/** The chart's directory. */
export const whimChart = resolve('test/support/charts/whim');

/** A kind of the tests. */
export interface WhimKind {
  readonly kind: string;
  readonly resource: Resource;
  /** A watches.yaml for it, with these fields on top. Gives its path. */
  watches(fields?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The entry in it. */
  entry(fields?: Readonly<Record<string, unknown>>): Promise<WatchEntry>;
  /** A resource of it. */
  whim(name: string, spec?: Readonly<Record<string, unknown>>): Whim;
}

/** A resource as it is sent. */
export type Whim = Pick<KubeObject, 'apiVersion' | 'kind'> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Record<string, string>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
};

/** Installs the kind's CRD and waits until it is served. `kind` is a name of the test file's own. */
export async function installWhims(
  kind: string,
  options: {
    readonly namespace?: string;
    readonly scope?: 'Namespaced' | 'Cluster';
    readonly plural?: string;
    /** Whether anything may be written into the status, as with operator-sdk's CRDs. Default false. */
    readonly hasOpenStatus?: boolean;
    /** Whether anything may be written into the spec, also what is no map. Default false. */
    readonly hasOpenSpec?: boolean;
    /** Whether a name may be longer than Helm allows, as with operator-sdk's CRDs. Default false. */
    readonly hasLongNames?: boolean;
  } = {},
): Promise<WhimKind> {
  const { namespace, scope = 'Namespaced' } = options;
  const gvk = { group: 'test.velotio.com', version: 'v1', kind };
  const specSchema = options.hasOpenSpec === true ? { 'x-kubernetes-preserve-unknown-fields': true } : openSpec;
  const usual = customResourceDefinition({ gvk, spec: specSchema, scope, description: 'A whim of a test.' });
  const spec = usual.spec as { readonly names: { readonly plural: string } };
  const { plural = spec.names.plural } = options;
  const metadata = { ...(usual.metadata as object), name: `${plural}.${gvk.group}` };
  const crd = { ...usual, metadata, spec: { ...spec, names: { ...spec.names, plural } } };
  const directory = await mkdtemp(join(testCluster().testRoot, 'whim-'));
  const file = join(directory, 'crd.yaml');
  const named = options.hasLongNames === true ? withoutRules(crd) : crd;
  await writeFile(
    file,
    stringify(options.hasOpenStatus === true ? withOpenStatus(named as unknown as ObjectInput) : named),
  );
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', file);
  await established(`${plural}.${gvk.group}`);
  const watches = async (fields: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const path = join(await mkdtemp(join(directory, 'watches-')), 'watches.yaml');
    await writeFile(path, stringify([{ ...gvk, chart: whimChart, ...fields }]));
    return path;
  };
  return {
    kind,
    resource: { ...gvk, plural, isNamespaced: scope === 'Namespaced' },
    watches,
    entry: async (fields) => {
      const [entry] = await loadWatches(await watches(fields), { env: {} });
      if (entry === undefined) throw new Error('watches.yaml has one entry');
      return entry;
    },
    whim: (name, spec = {}) => ({
      apiVersion: `${gvk.group}/${gvk.version}`,
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      spec,
    }),
  };
}

/** The same without CEL rules: that for names is the only one. */
function withoutRules<T>(crd: T): T {
  return JSON.parse(
    JSON.stringify(crd, (key, value: unknown) => (key === 'x-kubernetes-validations' ? undefined : value)),
  ) as T;
}
