// Forged records against the real helm: what helm would delete elsewhere, the purge must not let it.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { parseManifest } from '../../../src/release/manifest.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

const fieldManager = 'purge-test';
let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('forged', testCluster());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** `NS` and `PREY` stand for the other namespace and for the case's own object in it. */
const object = (metadata: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: PREY${metadata}\n`;
const release = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    version: 1,
    info: { status: 'deployed' },
    chart: { metadata: { name: 'c', version: '1.0.0' } },
    ...fields,
  });

async function forge(namespace: string, name: string, json: string): Promise<void> {
  const createdAt = String(Math.floor(Date.now() / 1000) - 86_400);
  const labels = { owner: 'helm', name, version: '1', status: 'deployed', createdAt };
  const data = { release: Buffer.from(gzipSync(json).toString('base64')).toString('base64') };
  const metadata = { name: `sh.helm.release.v1.${name}.v1`, namespace, labels };
  const secret = { apiVersion: 'v1', kind: 'Secret', type: 'helm.sh/release.v1', metadata, data };
  await world.client.create(CoreResources.secrets, secret, { fieldManager });
}

async function configMaps(namespace: string): Promise<string[]> {
  const { items } = await world.client.list(CoreResources.configMaps, { namespace });
  return items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('prey'));
}

async function place(namespace: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
    await world.client.create(CoreResources.configMaps, configMap, { fieldManager });
  }
}

describe('a forged record whose manifest helm and a reader of YAML 1.2 read differently', () => {
  const attacks = [
    ['a CR alone', object(' # a\r  namespace: NS')],
    ['NEL', object(' # a\u0085  namespace: NS')],
    ['a line separator', object(' # a\u2028  namespace: NS')],
    ['a paragraph separator', object(' # a\u2029  namespace: NS')],
    ['a merge key behind the key', object('\n  namespace: here\n  <<: {namespace: NS}')],
    ['a key in bytes', object('\n  ? !!binary bmFtZXNwYWNl\n  : NS')],
    ['a key that comes twice', object('\n  namespace: here\n  namespace: NS')],
    ['text behind the mark of a document', `# a\n---${object('\n  namespace: NS')}`],
  ] as const;

  it('is kept by the purge, although helm would delete in another namespace', async () => {
    const ns = await world.namespace('own');
    const elsewhere = await world.namespace('elsewhere', { isSelected: false });
    const names = attacks.map((_, index) => `prey-${index}`);
    await place(elsewhere, names);
    for (const [index, [, manifest]] of attacks.entries()) {
      const text = manifest.replaceAll('NS', elsewhere).replaceAll('PREY', `prey-${index}`);
      await forge(ns, `prey-${index}`, release({ name: `prey-${index}`, namespace: ns, manifest: text }));
    }
    const { plan, outcomes } = await world.purge(world.deps());
    expect(world.lines(plan)).toEqual(names.map((name) => `own/${name} keep unreadable-record`));
    expect(outcomes).toEqual([]);
    expect(await configMaps(elsewhere)).toEqual(names);

    for (const name of names) await world.helm('uninstall', name, '-n', ns);
    expect(await configMaps(elsewhere), 'each attack works on helm itself').toEqual([]);
  });

  it('is kept where the JSON of the record hides the manifest under another case', async () => {
    const ns = await world.namespace('json');
    const elsewhere = await world.namespace('json-elsewhere', { isSelected: false });
    await place(elsewhere, ['prey']);
    const Manifest = object('\n  namespace: NS').replaceAll('NS', elsewhere).replaceAll('PREY', 'prey');
    await forge(ns, 'prey', release({ name: 'prey', namespace: ns, manifest: '', Manifest }));
    const { plan } = await world.purge(
      world.deps({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': ns } } }),
    );
    expect(world.lines(plan)).toEqual(['json/prey keep unreadable-record']);
    await world.helm('uninstall', 'prey', '-n', ns);
    expect(await configMaps(elsewhere), 'the attack works on helm itself').toEqual([]);
  });

  it('is kept where its state inside is another: helm would delete nothing and say that it did', async () => {
    const ns = await world.namespace('state');
    const manifest = object('').replaceAll('PREY', 'prey');
    await place(ns, ['prey']);
    await forge(ns, 'prey', release({ name: 'prey', namespace: ns, manifest, info: { status: 'uninstalled' } }));
    const plan = await makePlan(world.deps(), { namespaces: [ns] });
    expect(world.lines(plan)).toEqual(['state/prey keep record-mismatch']);
  });

  it('is kept, at once, where it unpacks to what no memory holds', async () => {
    const ns = await world.namespace('bomb');
    const manifest = object('').replaceAll('PREY', 'prey') + '  a: 1\n'.repeat(8_000_000);
    await forge(ns, 'prey', release({ name: 'prey', namespace: ns, manifest }));
    const plan = await makePlan(world.deps(), { namespaces: [ns] });
    expect(world.lines(plan)).toEqual(['bomb/prey keep unreadable-record']);
    expect(plan.entries[0]?.reason).toContain('unpacks to more than');
  });
});

describe('a manifest that is read', () => {
  const flow = '{apiVersion: v1, kind: ConfigMap, metadata: {name: prey-flow, labels: {a: "b"}}}';
  const manifests = [
    'apiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: prey-crlf\r\n',
    `# a\n---\n# Source: x\n${flow}\n--- # b\n\n`,
    'kind: ConfigMap\napiVersion: v1\nmetadata:\n  labels: &labels\n    a: b\n  name: "prey-anchor"\n  annotations: *labels\n',
    'apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: prey-untyped}\n',
    'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: prey-item\n    namespace:\n',
    '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "prey-json"},\n"data": {"a": "b\\u2028c"}}\n',
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: prey-text\ndata:\n  a: |\n    metadata:\n    \tx\n     namespace: y\n\n  b: "c\n    d"\n  e: f\n    g\n',
  ];

  it('names what helm deletes, and nothing else', async () => {
    const ns = await world.namespace('same', { isSelected: false });
    for (const [index, manifest] of manifests.entries()) {
      const names = parseManifest(manifest).map(({ metadata }) => metadata.name);
      await place(ns, [...names, 'prey-bystander']);
      await forge(ns, `r${index}`, release({ name: `r${index}`, namespace: ns, manifest }));
      await world.helm('uninstall', `r${index}`, '-n', ns);
      expect(await configMaps(ns), manifest).toEqual(['prey-bystander']);
      await world.client.delete(CoreResources.configMaps, { namespace: ns, name: 'prey-bystander' });
    }
  });
});
