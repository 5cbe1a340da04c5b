import { describe, expect, it } from 'vitest';
import type { Release } from '../../../src/release/decode.ts';
import { parseManifest } from '../../../src/release/manifest.ts';
import {
  type DecodedRecord,
  deletedBy,
  deleteHooksOf,
  describeHook,
  describeObject,
  isOfKind,
  outsideOf,
  parseContent,
  recordMismatch,
  touchedBy,
} from '../../../src/uninstall/record-trust.ts';

const identity = { name: 'shop', namespace: 'team-a', revision: 2, status: 'deployed' };
const record = (change: Partial<DecodedRecord> = {}): DecodedRecord => ({
  secretName: 'sh.helm.release.v1.shop.v2',
  secretType: 'helm.sh/release.v1',
  claimed: identity,
  said: identity,
  ...change,
});
const object = (kind: string, metadata: string, apiVersion = 'v1'): string =>
  `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {${metadata}}\n`;
const release = (manifest: string, hooks: Release['hooks'] = []): Release => ({
  ...identity,
  description: '',
  firstDeployed: undefined,
  lastDeployed: undefined,
  chart: { name: 'tiny', version: '1.2.3', appVersion: undefined },
  manifest,
  hooks,
});
const hook = (name: string, ...events: string[]) => ({
  name,
  kind: 'Job',
  manifest: object('Job', `name: ${name}`),
  events,
});

describe('recordMismatch', () => {
  it('has nothing to say where all records agree', () => {
    expect(recordMismatch([record(), record()])).toBeUndefined();
  });

  it.each<[string, Partial<DecodedRecord>]>([
    ['says name "api" inside, shop outside', { said: { ...identity, name: 'api' } }],
    ['says namespace "team-b" inside, team-a outside', { said: { ...identity, namespace: 'team-b' } }],
    ['says revision "3" inside, 2 outside', { said: { ...identity, revision: 3 } }],
    ['says status "failed" inside, deployed outside', { said: { ...identity, status: 'failed' } }],
    ['is a Secret of type "Opaque", not one of Helm', { secretType: 'Opaque' }],
  ])('names the first record that %s', (expected, change) => {
    expect(recordMismatch([record(), record(change)])).toBe(`record sh.helm.release.v1.shop.v2 ${expected}`);
  });
});

describe('what an uninstall touches', () => {
  const kept = 'annotations: {helm.sh/resource-policy: later}';
  const content = parseContent(
    release(object('ConfigMap', 'name: a') + object('ConfigMap', `name: b, ${kept}`), [
      hook('before', 'pre-delete'),
      hook('check', 'test'),
      hook('after', 'post-install', 'post-delete'),
    ]),
  );

  it('is the manifest and what delete hooks make', () => {
    expect(touchedBy(content).map(describeObject)).toEqual(['ConfigMap/a', 'ConfigMap/b', 'Job/before', 'Job/after']);
    expect(deleteHooksOf(content.release).map(describeHook)).toEqual([
      'pre-delete hook Job/before',
      'post-delete hook Job/after',
    ]);
  });

  it('is deleted without what helm leaves behind, whatever the annotation says', () => {
    expect(deletedBy(content).map(describeObject)).toEqual(['ConfigMap/a', 'Job/before', 'Job/after']);
  });
});

describe('outsideOf', () => {
  const isNamespaced = ({ kind }: { readonly kind: string }) =>
    kind === 'Widget' ? undefined : !['ClusterRole', 'Namespace'].includes(kind);

  it.each<[string, string, boolean]>([
    ['no namespace', object('ConfigMap', 'name: a'), false],
    ['an empty namespace', object('ConfigMap', 'name: a, namespace: ""'), false],
    ["the release's namespace", object('ConfigMap', 'name: a, namespace: team-a'), false],
    ['another namespace', object('ConfigMap', 'name: a, namespace: team-b'), true],
    ['a cluster-scoped kind', object('ClusterRole', 'name: a'), true],
    ['a cluster-scoped kind that says the namespace', object('ClusterRole', 'name: a, namespace: team-a'), true],
    ['a kind that nobody knows', object('Widget', 'name: a, namespace: team-a'), true],
  ])('%s', (_name, manifest, expected) => {
    const objects = parseManifest(manifest);
    expect(outsideOf(objects, { namespace: 'team-a', isNamespaced })).toEqual(expected ? objects : []);
  });
});

describe('isOfKind', () => {
  it.each([
    ['rbac.authorization.k8s.io/v1', 'ClusterRole', true],
    ['rbac.authorization.k8s.io/v1beta1', 'ClusterRole', true],
    ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', false],
    ['v1', 'ClusterRole', false],
    ['v1', 'Namespace', true],
    ['x/v1', 'Namespace', false],
  ])('%s %s', (apiVersion, kind, expected) => {
    const kinds = [
      { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' },
      { group: '', kind: 'Namespace' },
    ];
    expect(isOfKind({ apiVersion, kind }, kinds)).toBe(expected);
  });
});
