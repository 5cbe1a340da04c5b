import { describe, expect, test } from 'vitest';
import type { ReleaseSnapshot } from '../../../../src/api/v1alpha1/watched-status.ts';
import { asRecalled, isAsNoted } from '../../../../src/operator/act/trust.ts';
import { contentDigest } from '../../../../src/release/content-digest.ts';
import type { Release } from '../../../../src/release/decode.ts';
import { resource } from '../../../support/observations.ts';

const release = (revision: number, manifest = 'kind: ConfigMap'): Release => ({
  name: 'shop',
  namespace: 'alice',
  revision,
  status: 'deployed',
  description: '',
  firstDeployed: undefined,
  lastDeployed: undefined,
  chart: { name: 'bookstore', version: '0.1.0', appVersion: undefined },
  manifest,
  hooks: [],
});
const snapshot = (of: Release): ReleaseSnapshot => ({
  name: of.name,
  namespace: of.namespace,
  revision: of.revision,
  status: 'deployed',
  chart: 'bookstore-0.1.0',
  digest: 'd',
  contentDigest: contentDigest(of),
});
const known = resource({}, { release: snapshot(release(2)), history: [snapshot(release(1))] });

describe('isAsNoted', () => {
  test('the content that was noted when helm had written it, of the present revision and of earlier ones', () => {
    expect([isAsNoted(known, release(1)), isAsNoted(known, release(2))]).toEqual([true, true]);
  });

  test('not another content, nor another revision with the same', () => {
    expect(isAsNoted(known, release(2, 'kind: ClusterRole'))).toBe(false);
    expect(isAsNoted(known, release(3))).toBe(false);
    expect(isAsNoted(resource(), release(1))).toBe(false);
  });
});

describe('asRecalled', () => {
  test('what is read back stays noted where it was, and is not where it was not', () => {
    expect(asRecalled(known, snapshot(release(2))).contentDigest).toBe(contentDigest(release(2)));
    expect(asRecalled(known, snapshot(release(2, 'kind: ClusterRole'))).contentDigest).toBeUndefined();
    expect(asRecalled(resource(), snapshot(release(2)))).toEqual({ ...snapshot(release(2)), contentDigest: undefined });
  });
});
