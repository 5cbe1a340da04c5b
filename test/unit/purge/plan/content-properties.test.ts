// What holds for every content of a record: nothing in it talks a release out of being kept (DESIGN.md P1, P7).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContentInput, inspectContent } from '../../../../src/purge/plan/content-rules.ts';
import type { Release } from '../../../../src/release/decode.ts';
import type { ManifestObject } from '../../../../src/release/manifest.ts';
import type { DecodedRecord } from '../../../../src/uninstall/record-trust.ts';

/** An object of a manifest with what stands against it, said for itself. */
interface Drawn {
  readonly object: ManifestObject;
  readonly isFrom: 'here' | 'elsewhere' | 'cluster' | 'nowhere';
}

const apiVersions: Readonly<Record<string, string>> = {
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  StatefulSet: 'apps/v1',
};
const scopes: Readonly<Record<string, Drawn['isFrom']>> = {
  ClusterRole: 'cluster',
  Namespace: 'cluster',
  Widget: 'nowhere',
};

const drawnObject: fc.Arbitrary<Drawn> = fc
  .record({
    kind: fc.constantFrom(
      'ConfigMap',
      'ConfigMap',
      'PersistentVolumeClaim',
      'StatefulSet',
      'ClusterRole',
      'Namespace',
      'Widget',
    ),
    name: fc.constantFrom('a', 'b', 'c'),
    namespace: fc.constantFrom(undefined, undefined, '', 'team-a', 'team-b', 'kube-system'),
    policy: fc.constantFrom(undefined, undefined, 'keep', ' Keep ', 'retain', ''),
    isFlux: fc.oneof({ arbitrary: fc.constant(false), weight: 9 }, { arbitrary: fc.constant(true), weight: 1 }),
    whenDeleted: fc.constantFrom(undefined, 'Retain', 'Delete'),
  })
  .map(({ kind, name, namespace, policy, isFlux, whenDeleted }) => ({
    isFrom: scopes[kind] ?? (['team-b', 'kube-system'].includes(namespace ?? '') ? 'elsewhere' : 'here'),
    object: {
      apiVersion: apiVersions[kind] ?? 'v1',
      kind,
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(policy === undefined ? {} : { annotations: { 'helm.sh/resource-policy': policy } }),
        ...(isFlux ? { labels: { 'helm.toolkit.fluxcd.io/name': name } } : {}),
      },
      ...(whenDeleted === undefined ? {} : { spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted } } }),
    },
  }));

const identity = { name: 'shop', namespace: 'team-a', revision: 3, status: 'deployed' };
const record: DecodedRecord = {
  secretName: 'sh.helm.release.v1.shop.v3',
  secretType: 'helm.sh/release.v1',
  claimed: identity,
  said: identity,
};
const lies: readonly Partial<DecodedRecord>[] = [
  { secretType: 'Opaque' },
  { said: { ...identity, name: 'other' } },
  { said: { ...identity, namespace: 'kube-system' } },
  { said: { ...identity, revision: 4 } },
  { said: { ...identity, status: 'uninstalled' } },
];

interface Content {
  readonly manifest: readonly Drawn[];
  readonly hookObjects: readonly Drawn[];
  readonly events: readonly string[];
  readonly lie: Partial<DecodedRecord> | undefined;
}

const contents: fc.Arbitrary<Content> = fc.record({
  manifest: fc.array(drawnObject, { maxLength: 4 }),
  hookObjects: fc.oneof(fc.constant([]), fc.array(drawnObject, { maxLength: 2 })),
  events: fc.constantFrom(['test'], ['post-install'], ['pre-delete'], ['pre-install', 'post-delete']),
  lie: fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, { arbitrary: fc.constantFrom(...lies), weight: 1 }),
});
const policies: fc.Arbitrary<ContentInput['settings']> = fc.record({
  volumes: fc.constantFrom('Keep', 'Delete'),
  driver: fc.constantFrom('auto', 'native', 'helm'),
  serviceAccount: fc.constantFrom(undefined, 'purger'),
  allowedKinds: fc.subarray([
    { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' },
    { group: '', kind: 'ConfigMap' },
    { group: 'x', kind: 'Namespace' },
  ]),
  shouldPurgeForeign: fc.boolean(),
});

const isDeleteHook = ({ events, hookObjects }: Content): boolean =>
  hookObjects.length > 0 && events.some((event) => event.endsWith('-delete'));

function inspect(content: Content, settings: ContentInput['settings']) {
  const { manifest, hookObjects, events, lie } = content;
  const hooks = hookObjects.map(({ object: { kind, metadata } }) => ({
    name: metadata.name,
    kind,
    manifest: '',
    events,
  }));
  const chart = { name: 'tiny', version: '1.2.3', appVersion: undefined };
  const times = { firstDeployed: undefined, lastDeployed: undefined };
  const release: Release = { ...identity, ...times, description: '', chart, manifest: '', hooks };
  const objects = (drawn: readonly Drawn[]): readonly ManifestObject[] => drawn.map(({ object }) => object);
  return inspectContent({
    records: [record, { ...record, ...lie }],
    latest: {
      release,
      words: 0,
      objects: objects(manifest),
      hookObjects: isDeleteHook(content) ? objects(hookObjects) : [],
    },
    isNamespaced: ({ kind }) => (kind === 'Widget' ? undefined : scopes[kind] === undefined),
    settings,
  });
}

/** What a reader of the documents would find against deleting. */
function reasons(content: Content, settings: ContentInput['settings']): readonly string[] {
  const touched = [...content.manifest, ...(isDeleteHook(content) ? content.hookObjects : [])];
  const allowed = settings.allowedKinds.flatMap(({ kind }) => (kind === 'Namespace' ? [] : [kind]));
  const policyOf = ({ object }: Drawn) => object.metadata.annotations?.['helm.sh/resource-policy'];
  const isProtected = (drawn: Drawn) => ['keep', ' Keep '].includes(policyOf(drawn) ?? '');
  const found: Readonly<Record<string, boolean>> = {
    'record-mismatch': content.lie !== undefined,
    foreign: !settings.shouldPurgeForeign && touched.some(({ object }) => object.metadata.labels !== undefined),
    'delete-hooks': isDeleteHook(content) && settings.serviceAccount === undefined,
    'outside-namespace': touched.some(({ object, isFrom }) => isFrom !== 'here' && !allowed.includes(object.kind)),
    volumes:
      settings.volumes === 'Keep' &&
      content.manifest.some((drawn) => {
        const { kind, spec } = drawn.object as ManifestObject & { readonly spec?: unknown };
        const takesClaims = kind === 'StatefulSet' && JSON.stringify(spec ?? '').includes('"Delete"');
        const isClaimOfHelm = kind === 'PersistentVolumeClaim' && (settings.driver === 'helm' || isDeleteHook(content));
        return (isClaimOfHelm || takesClaims) && !isProtected(drawn);
      }),
  };
  return Object.keys(found).filter((rule) => found[rule]);
}

describe('the content of a record', () => {
  it('keeps its release for exactly what the documents say', () => {
    fc.assert(
      fc.property(contents, policies, (content, settings) => {
        const { verdict } = inspect(content, settings);
        const expected = reasons(content, settings);
        expect(verdict === undefined).toBe(expected.length === 0);
        if (verdict !== undefined) expect(expected).toContain(verdict.rule);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives every object outside the namespace to be proved by the live one', () => {
    fc.assert(
      fc.property(contents, policies, (content, settings) => {
        const outside = inspect(content, settings).outside.map(({ kind, name }) => `${kind}/${name}`);
        const touched = [...content.manifest, ...(isDeleteHook(content) ? content.hookObjects : [])];
        const expected = touched.filter(({ isFrom }) => isFrom !== 'here');
        expect(outside).toEqual(expected.map(({ object }) => `${object.kind}/${object.metadata.name}`));
      }),
    );
  });

  it('does not free a release by more objects, more hooks, or another order', () => {
    fc.assert(
      fc.property(contents, policies, drawnObject, (content, settings, more) => {
        const isKept = (of: Content): boolean => inspect(of, settings).verdict !== undefined;
        if (!isKept(content)) return;
        expect(isKept({ ...content, manifest: [...content.manifest, more] })).toBe(true);
        expect(isKept({ ...content, hookObjects: [...content.hookObjects, more] })).toBe(true);
        expect(isKept({ ...content, manifest: content.manifest.toReversed() })).toBe(true);
      }),
    );
  });
});
