import { expect, it } from 'vitest';
import type { Release, ReleaseHook } from '../../../src/release/decode.ts';
import { uncovered } from '../../../src/uninstall/native-coverage.ts';
import { parseContent } from '../../../src/uninstall/record-trust.ts';

const hook = (...events: string[]): ReleaseHook => ({
  name: 'clean',
  kind: 'Job',
  manifest: 'apiVersion: batch/v1\nkind: Job\nmetadata: {name: clean}\n',
  events,
});
const configMap = (metadata = ''): string => `---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a${metadata}}\n`;
const release = (change: Partial<Release>): Release => ({
  name: 'shop',
  namespace: 'team-a',
  revision: 3,
  status: 'deployed',
  description: '',
  firstDeployed: undefined,
  lastDeployed: undefined,
  chart: { name: 'tiny', version: '1.2.3', appVersion: undefined },
  manifest: configMap(),
  hooks: [],
  ...change,
});

it.each<[string, Partial<Release>]>([
  ['objects', {}],
  ['nothing', { manifest: '' }],
  ['hooks of other events', { hooks: [hook('test'), hook('pre-install', 'post-upgrade'), hook('post-rollback')] }],
  ['an object that Helm keeps', { manifest: configMap(', annotations: {helm.sh/resource-policy: keep}') }],
  ['a failed revision', { status: 'failed' }],
  ['an install that did not end', { status: 'pending-install' }],
  ['an uninstall that did not end', { status: 'uninstalling' }],
  ['delete hooks that ran long ago', { status: 'uninstalled', hooks: [hook('pre-delete')] }],
])('native covers a release with %s', (_name, change) => {
  expect(uncovered(parseContent(release(change)))).toBeUndefined();
});

it.each<[string, string, Partial<Release>]>([
  ['a pre-delete hook', 'it has a "pre-delete hook Job/clean"', { hooks: [hook('test'), hook('pre-delete')] }],
  ['a post-delete hook', 'it has a "post-delete hook Job/clean"', { hooks: [hook('post-install', 'post-delete')] }],
  [
    'a hook among its objects',
    '"ConfigMap/a" in its manifest is annotated as a hook',
    { manifest: configMap(', annotations: {helm.sh/hook: post-install}') },
  ],
])('native leaves a release with %s to helm, and says why', (_name, why, change) => {
  expect(uncovered(parseContent(release(change)))).toBe(why);
});
