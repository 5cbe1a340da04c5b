import { describe, expect, it } from 'vitest';
import { type ContentInput, inspectContent } from '../../../../src/purge/plan/content-rules.ts';
import type { Release } from '../../../../src/release/decode.ts';
import { type DecodedRecord, parseContent } from '../../../../src/uninstall/record-trust.ts';

const settings: ContentInput['settings'] = {
  volumes: 'Keep',
  driver: 'helm',
  serviceAccount: undefined,
  allowedKinds: [],
  shouldPurgeForeign: false,
};
const clusterScoped = new Set(['ClusterRole', 'Namespace', 'PersistentVolume']);
const known = new Set([...clusterScoped, 'ConfigMap', 'Deployment', 'PersistentVolumeClaim', 'StatefulSet', 'Job']);

const object = (kind: string, metadata = '', rest = ''): string =>
  `---\napiVersion: v1\nkind: ${kind}\nmetadata: {name: x${metadata === '' ? '' : `, ${metadata}`}}\n${rest}`;
const hook = (...events: string[]) => ({ name: 'clean', kind: 'Job', manifest: object('Job'), events });

const identity = { name: 'shop', namespace: 'team-a', revision: 2, status: 'deployed' };

/** The latest record's content, and what each stored record says inside and outside. */
interface Case {
  readonly content?: Partial<Release>;
  readonly record?: Partial<DecodedRecord>;
  readonly said?: Partial<DecodedRecord['said']>;
  readonly older?: readonly Partial<DecodedRecord>[];
}

const inspect = (given: Case, overrides: Partial<ContentInput['settings']> = {}) => {
  const record: DecodedRecord = {
    secretName: 'sh.helm.release.v1.shop.v2',
    secretType: 'helm.sh/release.v1',
    claimed: identity,
    said: { ...identity, ...given.said },
  };
  const release: Release = {
    ...identity,
    description: '',
    firstDeployed: undefined,
    lastDeployed: undefined,
    chart: { name: 'tiny', version: '1.2.3', appVersion: undefined },
    manifest: object('ConfigMap'),
    hooks: [],
    ...given.content,
  };
  return inspectContent({
    records: [{ ...record, ...given.record }, ...(given.older ?? []).map((one) => ({ ...record, ...one }))],
    latest: parseContent(release),
    isNamespaced: ({ kind }) => (known.has(kind) ? !clusterScoped.has(kind) : undefined),
    settings: { ...settings, ...overrides },
  });
};
const manifest = (...objects: string[]): Case => ({ content: { manifest: objects.join('\n') } });
const hooks = (...list: ReturnType<typeof hook>[]): Case => ({ content: { hooks: list } });
const keepPolicy = 'annotations: {helm.sh/resource-policy: keep}';

describe('inspectContent', () => {
  it.each<[string, Case, string | undefined]>([
    ['an ordinary release', manifest(object('ConfigMap'), object('Deployment')), undefined],
    ['an empty manifest', manifest(''), undefined],
    ['its own namespace written out', manifest(object('ConfigMap', 'namespace: team-a')), undefined],
    ['another name inside', { said: { name: 'api' } }, 'record-mismatch'],
    ['another namespace inside', { said: { namespace: 'kube-system' } }, 'record-mismatch'],
    ['another revision inside', { said: { revision: 3 } }, 'record-mismatch'],
    ['another state inside', { said: { status: 'uninstalled' } }, 'record-mismatch'],
    ['a Secret of another type', { record: { secretType: 'Opaque' } }, 'record-mismatch'],
    [
      'an older record that lies about its revision',
      { older: [{ said: { ...identity, revision: 99 } }] },
      'record-mismatch',
    ],
    ['another namespace', manifest(object('ConfigMap', 'namespace: team-b')), 'outside-namespace'],
    ['a cluster-scoped object', manifest(object('ClusterRole')), 'outside-namespace'],
    ['a Namespace in the chart', manifest(object('Namespace')), 'outside-namespace'],
    ['a kind that nobody knows', manifest(object('Widget')), 'outside-namespace'],
    [
      'inside a List too',
      manifest('apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: ClusterRole, metadata: {name: x}}]'),
      'outside-namespace',
    ],
    ['a pre-delete hook', hooks(hook('pre-delete')), 'delete-hooks'],
    ['a post-delete hook among others', hooks(hook('post-install', 'post-delete')), 'delete-hooks'],
    ['a test hook', hooks(hook('test')), undefined],
    ['an unprotected volume claim', manifest(object('PersistentVolumeClaim')), 'volumes'],
    ['a protected volume claim', manifest(object('PersistentVolumeClaim', keepPolicy)), undefined],
    [
      'a claim with another policy',
      manifest(object('PersistentVolumeClaim', 'annotations: {helm.sh/resource-policy: delete}')),
      'volumes',
    ],
    ['a volume', manifest(object('PersistentVolume')), 'outside-namespace'],
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

  it.each<[string, Case, Partial<ContentInput['settings']>]>([
    ['volumes: Delete', manifest(object('PersistentVolumeClaim')), { volumes: 'Delete' }],
    ['a serviceAccount for the hooks', hooks(hook('pre-delete')), { serviceAccount: 'purger' }],
    [
      'foreignReleases: Purge',
      manifest(object('ConfigMap', 'labels: {helm.toolkit.fluxcd.io/name: x}')),
      { shouldPurgeForeign: true },
    ],
    ['an allowed kind', manifest(object('ClusterRole')), { allowedKinds: [{ group: '', kind: 'ClusterRole' }] }],
  ])('lets it go with %s', (_name, records, overrides) => {
    expect(inspect(records, overrides).verdict).toBeUndefined();
  });

  it.each(['auto', 'native'] as const)(
    'leaves a volume claim where it is, and lets the release go: driver %s',
    (driver) => {
      const given = manifest(object('PersistentVolumeClaim'), object('Service'));
      const { verdict, leaves, notRestored } = inspect(given, {
        driver,
        allowedKinds: [{ group: '', kind: 'Service' }],
      });
      expect({ verdict, leaves, notRestored }).toEqual({
        verdict: undefined,
        leaves: ['PersistentVolumeClaim/x'],
        notRestored: ['the ClusterIP of Service/x'],
      });
    },
  );

  it('keeps a release with a volume claim that goes to helm', () => {
    const given: Case = { content: { manifest: object('PersistentVolumeClaim'), hooks: [hook('pre-delete')] } };
    const { verdict } = inspect(given, { driver: 'auto', serviceAccount: 'purger' });
    expect(verdict).toMatchObject({ action: 'keep', rule: 'volumes' });
  });

  it('keeps what deletes its claims by itself, whichever driver', () => {
    const spec = 'spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}}\n';
    expect(inspect(manifest(object('StatefulSet', '', spec)), { driver: 'native' }).verdict).toMatchObject({
      rule: 'volumes',
    });
  });

  it.each(['Namespace', 'PersistentVolume'])('keeps volumes that would go with an allowed %s', (kind) => {
    const allowedKinds = [{ group: '', kind }];
    const given = manifest(object(kind));
    expect(inspect(given, { allowedKinds }).verdict).toMatchObject({ action: 'keep', rule: 'volumes' });
    expect(inspect(given, { allowedKinds, volumes: 'Delete' }).verdict).toBeUndefined();
    expect(inspect(manifest(object(kind, keepPolicy)), { allowedKinds }).verdict).toBeUndefined();
  });

  it('allows a kind of its group alone', () => {
    const allowedKinds = [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' }];
    expect(inspect(manifest(object('ClusterRole')), { allowedKinds }).verdict?.rule).toBe('outside-namespace');
  });

  it('looks at what a delete hook makes, too', () => {
    const given = hooks({ ...hook('pre-delete'), manifest: object('ClusterRole') });
    expect(inspect(given, { serviceAccount: 'purger' }).verdict?.rule).toBe('outside-namespace');
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

  it('says of a claim with another policy what helm does with it', () => {
    const odd = object('PersistentVolumeClaim', 'annotations: {helm.sh/resource-policy: later}');
    const { verdict, leaves } = inspect(manifest(odd));
    expect(verdict?.reason).toContain('has helm.sh/resource-policy: "later", not keep: helm leaves it as well');
    expect(leaves).toEqual(['PersistentVolumeClaim/x']);
  });

  it.each(['manifest', 'hooks'])('does not judge %s that two readers could read differently', (part) => {
    const merged = object('ConfigMap', '<<: {namespace: kube-system}');
    const given = part === 'manifest' ? manifest(merged) : hooks({ ...hook('pre-delete'), manifest: merged });
    expect(() => inspect(given)).toThrow(expect.objectContaining({ code: 'MANIFEST_UNREADABLE' }));
  });

  it('reads only so much of all manifests together', () => {
    const large = { ...hook('pre-delete'), manifest: `${object('Job')}a: [${'1,'.repeat(80_000)}1]\n` };
    expect(() => inspect(hooks(large))).not.toThrow();
    expect(() => inspect(hooks(large, large))).toThrow('words of syntax');
  });

  it('cannot be led by the content to print what a terminal would obey', () => {
    const reason = inspect({ said: { name: '\u001b[31mshop\u202e' } }).verdict?.reason ?? '';
    expect(reason).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
