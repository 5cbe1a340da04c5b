import { describe, expect, it } from 'vitest';
import { type ContentInput, type DecodedRecord, inspectContent } from '../../../src/purge/content-rules.ts';
import type { Release } from '../../../src/release/decode.ts';

const settings: ContentInput['settings'] = {
  volumes: 'Keep',
  serviceAccount: undefined,
  allowedKinds: [],
  shouldPurgeForeign: false,
};
const clusterScoped = new Set(['ClusterRole', 'Namespace', 'PersistentVolume']);
const known = new Set([...clusterScoped, 'ConfigMap', 'Deployment', 'PersistentVolumeClaim', 'StatefulSet', 'Job']);

const object = (kind: string, metadata = '', rest = ''): string =>
  `---\napiVersion: v1\nkind: ${kind}\nmetadata: {name: x${metadata === '' ? '' : `, ${metadata}`}}\n${rest}`;
const hook = (...events: string[]) => ({ name: 'clean', kind: 'Job', manifest: object('Job'), events });

function record(content: Partial<Release> = {}, outside: Partial<DecodedRecord> = {}): DecodedRecord {
  return {
    secretName: 'sh.helm.release.v1.shop.v2',
    secretType: 'helm.sh/release.v1',
    claimed: { namespace: 'team-a', name: 'shop', revision: 2 },
    content: {
      name: 'shop',
      namespace: 'team-a',
      revision: 2,
      status: 'deployed',
      description: '',
      firstDeployed: undefined,
      lastDeployed: undefined,
      chart: { name: 'tiny', version: '1.2.3', appVersion: undefined },
      manifest: object('ConfigMap'),
      hooks: [],
      ...content,
    },
    ...outside,
  };
}

const inspect = (records: ContentInput['records'], overrides: Partial<ContentInput['settings']> = {}) =>
  inspectContent({
    records,
    isNamespaced: ({ kind }) => (known.has(kind) ? !clusterScoped.has(kind) : undefined),
    settings: { ...settings, ...overrides },
  });
const manifest = (...objects: string[]): ContentInput['records'] => [record({ manifest: objects.join('\n') })];
const keepPolicy = 'annotations: {helm.sh/resource-policy: keep}';

describe('inspectContent', () => {
  it.each<[string, ContentInput['records'], string | undefined]>([
    ['an ordinary release', manifest(object('ConfigMap'), object('Deployment')), undefined],
    ['an empty manifest', manifest(''), undefined],
    ['its own namespace written out', manifest(object('ConfigMap', 'namespace: team-a')), undefined],
    ['another name inside', [record({ name: 'api' })], 'record-mismatch'],
    ['another namespace inside', [record({ namespace: 'kube-system' })], 'record-mismatch'],
    ['another revision inside', [record({ revision: 3 })], 'record-mismatch'],
    ['a Secret of another type', [record({}, { secretType: 'Opaque' })], 'record-mismatch'],
    ['an older record that lies about its revision', [record(), record({ revision: 99 })], 'record-mismatch'],
    ['another namespace', manifest(object('ConfigMap', 'namespace: team-b')), 'outside-namespace'],
    ['a cluster-scoped object', manifest(object('ClusterRole')), 'outside-namespace'],
    ['a Namespace in the chart', manifest(object('Namespace')), 'outside-namespace'],
    ['a kind that nobody knows', manifest(object('Widget')), 'outside-namespace'],
    [
      'inside a List too',
      manifest('apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: ClusterRole, metadata: {name: x}}]'),
      'outside-namespace',
    ],
    ['a pre-delete hook', [record({ hooks: [hook('pre-delete')] })], 'delete-hooks'],
    ['a post-delete hook among others', [record({ hooks: [hook('post-install', 'post-delete')] })], 'delete-hooks'],
    ['a test hook', [record({ hooks: [hook('test')] })], undefined],
    ['an unprotected volume claim', manifest(object('PersistentVolumeClaim')), 'volumes'],
    ['a protected volume claim', manifest(object('PersistentVolumeClaim', keepPolicy)), undefined],
    [
      'a claim with another policy',
      manifest(object('PersistentVolumeClaim', 'annotations: {helm.sh/resource-policy: delete}')),
      'volumes',
    ],
    [
      'a StatefulSet that deletes its claims',
      manifest(object('StatefulSet', '', 'spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}}')),
      'volumes',
    ],
    [
      'a StatefulSet that keeps them',
      manifest(object('StatefulSet', '', 'spec: {volumeClaimTemplates: []}')),
      undefined,
    ],
    ['labels of Flux', manifest(object('ConfigMap', 'labels: {helm.toolkit.fluxcd.io/name: shop}')), 'foreign'],
    [
      'owner references of another operator',
      manifest(object('ConfigMap', 'ownerReferences: [{kind: Shop, name: a}]')),
      'foreign',
    ],
    [
      'marks of operator-sdk',
      manifest(object('ConfigMap', 'annotations: {operator-sdk/primary-resource: a/b}')),
      'foreign',
    ],
  ])('%s', (_name, records, expected) => {
    const { verdict } = inspect(records);
    expect(verdict?.rule).toBe(expected);
    if (verdict !== undefined) expect(verdict.action).toBe('keep');
  });

  it.each<[string, ContentInput['records'], Partial<ContentInput['settings']>]>([
    ['volumes: Delete', manifest(object('PersistentVolumeClaim')), { volumes: 'Delete' }],
    ['a serviceAccount for the hooks', [record({ hooks: [hook('pre-delete')] })], { serviceAccount: 'purger' }],
    [
      'foreignReleases: Purge',
      manifest(object('ConfigMap', 'labels: {helm.toolkit.fluxcd.io/name: x}')),
      { shouldPurgeForeign: true },
    ],
    ['an allowed kind', manifest(object('ClusterRole')), { allowedKinds: [{ group: '', kind: 'ClusterRole' }] }],
  ])('lets it go with %s', (_name, records, overrides) => {
    expect(inspect(records, overrides).verdict).toBeUndefined();
  });

  it('allows a kind of its group alone', () => {
    const allowedKinds = [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' }];
    expect(inspect(manifest(object('ClusterRole')), { allowedKinds }).verdict?.rule).toBe('outside-namespace');
  });

  it('looks at what a delete hook makes, too', () => {
    const records: ContentInput['records'] = [
      record({ hooks: [{ ...hook('pre-delete'), manifest: object('ClusterRole') }] }),
    ];
    expect(inspect(records, { serviceAccount: 'purger' }).verdict?.rule).toBe('outside-namespace');
  });

  it('hands on what must be proved by the live objects', () => {
    const { outside } = inspect(manifest(object('ClusterRole')), {
      allowedKinds: [{ group: '', kind: 'ClusterRole' }],
    });
    expect(outside).toEqual([{ apiVersion: 'v1', kind: 'ClusterRole', name: 'x' }]);
  });

  it('names the chart and what stays behind, whatever the value of the policy annotation', () => {
    const odd = 'annotations: {helm.sh/resource-policy: later}';
    const findings = inspect(manifest(object('PersistentVolumeClaim', keepPolicy), object('ConfigMap', odd)));
    expect(findings).toMatchObject({ chart: 'tiny-1.2.3', leaves: ['PersistentVolumeClaim/x', 'ConfigMap/x'] });
  });

  it.each(['metadata: {name: x, <<: {namespace: kube-system}}', 'metadata: {name: x}\n<<: {kind: ClusterRole}'])(
    'is not led past a namespace or a kind by a merge key, which helm merges: %s',
    (text) => {
      const merged = text.includes('ClusterRole') ? 'apiVersion: v1' : 'apiVersion: v1\nkind: ConfigMap';
      expect(inspect(manifest(`${merged}\n${text}`)).verdict?.rule).toBe('outside-namespace');
    },
  );

  it('cannot be led by the content to print what a terminal would obey', () => {
    const reason = inspect([record({ name: '\u001b[31mshop\u202e' })]).verdict?.reason ?? '';
    expect(reason).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
