import { expect, it } from 'vitest';
import { sightingOf, withoutGone } from '../../../../src/purge/verify/sighting.ts';
import type { Release } from '../../../../src/release/decode.ts';
import { parseContent } from '../../../../src/uninstall/record-trust.ts';
import { exampleRelease } from '../../../support/example-release.ts';

const release = exampleRelease();
const configMap = (name: string, metadata = ''): string =>
  `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${metadata}}\n`;
const hook = (manifest: string, event = 'pre-install') => ({ name: 'x', kind: 'ConfigMap', manifest, events: [event] });
const statefulSet = (metadata = ''): string =>
  `---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db${metadata}}\nspec:\n  volumeClaimTemplates:\n  - metadata: {name: data}\n  - metadata: {name: log}\n`;

/** What is live is none of the test's business: a unit test has no server. */
const sighting = (content: Partial<Release>) =>
  sightingOf(release, {
    content: parseContent({ ...release, ...content }),
    live: [],
    recordsDigest: undefined,
    latestSecret: undefined,
    deployedSecret: undefined,
    records: [],
  });

it('remembers what stays by the annotation, and which value it has', () => {
  const manifest =
    configMap('a') +
    configMap('b', ', annotations: {helm.sh/resource-policy: Keep}') +
    configMap('c', ', namespace: team-b, annotations: {helm.sh/resource-policy: delete}');
  expect(sighting({ manifest }).objects).toEqual([
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'b', why: 'kept' },
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', namespace: 'team-b', why: 'resource-policy', policy: 'delete' },
  ]);
});

it('remembers what hooks of any kind have made here, once each, and nothing elsewhere', () => {
  const hooks = [
    hook(configMap('a')),
    hook(configMap('a'), 'test'),
    hook(configMap('b', ', namespace: kube-system')),
    hook('no: [manifest'),
    hook(configMap('c'), 'post-delete'),
  ];
  const { objects } = sighting({ hooks: hooks.filter(({ manifest }) => !manifest.startsWith('no')) });
  expect(objects.map(({ name, why }) => `${name} ${why}`)).toEqual(['a hook', 'c hook']);
  expect(sighting({ hooks: hooks.slice(0, 4) }).objects.map(({ name }) => name)).toEqual(['a']);
});

it('knows how the claims of a StatefulSet are called, unless it stays itself', () => {
  expect(sighting({ manifest: statefulSet() }).claimPrefixes).toEqual(['data-db-', 'log-db-']);
  const kept = statefulSet(', annotations: {helm.sh/resource-policy: keep}');
  expect(sighting({ manifest: kept }).claimPrefixes).toEqual([]);
});

it('looks no more for what the API server has said to be gone', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'team-a' } as const;
  const objects = [
    { ...object, name: 'gone', uid: 'a', why: 'still-there' },
    { ...object, name: 'held', uid: 'b', why: 'still-there' },
    { ...object, name: 'claim', uid: 'c', why: 'volume' },
    { ...object, name: 'kept', why: 'kept' },
  ] as const;
  const left = withoutGone({ release, objects, claimPrefixes: ['data-'] }, new Set(['b']));
  expect(left.objects.map(({ name }) => name)).toEqual(['held', 'claim', 'kept']);
  expect(left.claimPrefixes).toEqual(['data-']);
});
