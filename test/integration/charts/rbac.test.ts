// The operator's ClusterRole against the chart: what the chart can render, the role can handle.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type Manifest, manifests } from './helm-template.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** The plural names that the API server gives to what the chart renders. */
const resourceOf: Readonly<Record<string, string>> = {
  Deployment: 'deployments',
  HorizontalPodAutoscaler: 'horizontalpodautoscalers',
  PersistentVolumeClaim: 'persistentvolumeclaims',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
};

/** What helm, drift repair, readiness and uninstall do with an object. */
const always = ['get', 'list', 'watch', 'create', 'update', 'patch'];
const isKept = ({ metadata }: Manifest): boolean => metadata.annotations?.['helm.sh/resource-policy'] === 'keep';

async function rulesOf(role: string): Promise<readonly Rule[]> {
  const text = await readFile(new URL('../../../deploy/rbac.yaml', import.meta.url), 'utf8');
  const found = parseAllDocuments(text)
    .map((document) => document.toJS() as { kind: string; metadata: { name: string }; rules: Rule[] })
    .find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === role);
  if (found === undefined) throw new Error(`deploy/rbac.yaml has no ClusterRole ${role}`);
  return found.rules;
}

async function everySwitch(): Promise<Manifest[]> {
  return await manifests(await readFile(new URL('every-switch.values.yaml', import.meta.url), 'utf8'));
}

describe('the operator’s ClusterRole', () => {
  it('has every verb that the kinds of the chart need; a kept kind is never deleted', async () => {
    const rules = await rulesOf('bookstore-operator');
    for (const object of await everySwitch()) {
      const [group = '', isVersioned] = object.apiVersion.split('/');
      const resource = resourceOf[object.kind];
      expect(resource, `the plural of ${object.kind} is missing in this test`).toBeDefined();
      const verbs = rules
        .filter(({ apiGroups }) => apiGroups.includes(isVersioned === undefined ? '' : group))
        .filter(({ resources }) => resources.includes(resource ?? ''))
        .flatMap((rule) => rule.verbs);
      const wanted = isKept(object) ? always : [...always, 'delete'];
      expect(verbs.toSorted(), object.kind).toEqual(wanted.toSorted());
    }
  });

  it('gives no right to delete anything that the chart does not render, but for Helm’s records', async () => {
    const rendered = new Set((await everySwitch()).filter((object) => !isKept(object)).map(({ kind }) => kind));
    const deletable = (await rulesOf('bookstore-operator'))
      .filter(({ verbs }) => verbs.includes('delete'))
      .flatMap(({ resources }) => resources);
    const wanted = [...rendered].map((kind) => resourceOf[kind] ?? kind);
    expect(deletable.toSorted()).toEqual([...wanted, 'secrets'].toSorted());
  });

  it('is tested with a rendering that turns on everything there is', async () => {
    expect([...new Set((await everySwitch()).map(({ kind }) => kind))].sort()).toEqual(Object.keys(resourceOf).sort());
  });
});
