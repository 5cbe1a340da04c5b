import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeRelease } from '../../../src/release/decode.ts';

const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64');

/** As Helm and then the API server encode it. */
const secretOf = (bytes: Buffer | string) => ({ data: { release: base64(base64(bytes)) } });

const wire = {
  name: 'shop',
  namespace: 'team-a',
  version: 3,
  info: {
    status: 'deployed',
    description: 'Upgrade complete',
    first_deployed: '2026-01-01T00:00:00Z',
    last_deployed: '2026-01-02T00:00:00Z',
  },
  chart: { metadata: { name: 'bookstore', version: '1.2.3', appVersion: '7' } },
  manifest: '---\nkind: ConfigMap\n',
  hooks: [
    { name: 'clean', kind: 'Job', manifest: 'kind: Job\n', events: ['pre-delete', 'test'] },
    { name: 'odd', events: 'pre-delete' },
    null,
  ],
};

const decoded = {
  name: 'shop',
  namespace: 'team-a',
  revision: 3,
  status: 'deployed',
  description: 'Upgrade complete',
  firstDeployed: '2026-01-01T00:00:00Z',
  lastDeployed: '2026-01-02T00:00:00Z',
  chart: { name: 'bookstore', version: '1.2.3', appVersion: '7' },
  manifest: '---\nkind: ConfigMap\n',
  hooks: [
    { name: 'clean', kind: 'Job', manifest: 'kind: Job\n', events: ['pre-delete', 'test'] },
    { name: 'odd', kind: '', manifest: '', events: [] },
    { name: '', kind: '', manifest: '', events: [] },
  ],
};

describe('decodeRelease', () => {
  it.each([
    ['with gzip, as Helm writes', gzipSync(JSON.stringify(wire))],
    ['without gzip, as old ones are', JSON.stringify(wire)],
  ])('reads a record %s', (_name, bytes) => {
    expect(decodeRelease(secretOf(bytes))).toEqual(decoded);
  });

  it('reads a record with nothing in it but what every one has', () => {
    const bare = { name: 'a', namespace: 'b', version: 1, info: { status: 'failed' } };
    expect(decodeRelease(secretOf(JSON.stringify(bare)))).toEqual({
      name: 'a',
      namespace: 'b',
      revision: 1,
      status: 'failed',
      description: '',
      firstDeployed: undefined,
      lastDeployed: undefined,
      chart: { name: '', version: '', appVersion: undefined },
      manifest: '',
      hooks: [],
    });
  });

  it.each([
    ['no data', {}, 'no key "release"'],
    ['another key', { data: { other: 'x' } }, 'no key "release"'],
    ['no base64 inside', { data: { release: base64('{}') } }, 'not JSON'],
    ['something else than JSON', secretOf('name: shop'), 'not JSON'],
  ])('tells a record that helm cannot read either: %s', (_name, secret, reason) => {
    expect(() => decodeRelease(secret)).toThrow(
      expect.objectContaining({ code: 'RECORD_NO_JSON', message: expect.stringContaining(reason) }),
    );
  });

  it.each([
    ['gzip that is cut', secretOf(gzipSync(JSON.stringify(wire)).subarray(0, 40)), 'not gzip'],
    ['gzip in its first bytes only', secretOf(Buffer.from([0x1f, 0x8b, 0x00])), 'not gzip'],
    ['JSON that is no object', secretOf('"shop"'), 'not an object'],
    ['JSON that is null', secretOf('null'), 'not an object'],
    ['JSON that is a list', secretOf('[]'), 'name is not a string'],
    ['a name that is a number', secretOf(JSON.stringify({ ...wire, name: 1 })), 'name is not a string'],
    ['no namespace', secretOf(JSON.stringify({ ...wire, namespace: undefined })), 'namespace is not a string'],
    ['a revision in words', secretOf(JSON.stringify({ ...wire, version: '3' })), 'not written as a whole number'],
    ['no revision', secretOf(JSON.stringify({ ...wire, version: undefined })), 'version is not a number'],
    ['no status', secretOf(JSON.stringify({ ...wire, info: null })), 'info.status is not a string'],
    ['hooks that are no list', secretOf(JSON.stringify({ ...wire, hooks: {} })), 'hooks is not a list'],
  ])('refuses a record with %s', (_name, secret, reason) => {
    expect(() => decodeRelease(secret)).toThrow(
      expect.objectContaining({ code: 'RECORD_UNREADABLE', message: expect.stringContaining(reason) }),
    );
  });

  // Go finds these whatever their case, and mixes two into one: helm would act on what we do not see.
  it.each([
    ['Manifest', JSON.stringify({ ...wire, Manifest: 'kind: Secret' }), '"Manifest", which Helm takes for manifest'],
    ['hook\u017f', JSON.stringify({ ...wire, 'hook\u017f': [] }), 'which Helm takes for hooks'],
    ['Status', JSON.stringify({ ...wire, info: { ...wire.info, Status: 'uninstalled' } }), 'takes for status'],
    ['EVENTS of a hook', JSON.stringify({ ...wire, hooks: [{ EVENTS: ['pre-delete'] }] }), 'takes for events'],
    ['an escaped key', '{"\\u004danifest": "x"}', 'takes for manifest'],
    ['manifest twice', '{"manifest": "a \\"b\\\\", "manifest" : "b"}', 'the key manifest twice'],
    ['a hook with a manifest twice', '{"hooks": [{}, {"manifest": "a", "manifest": "b"}]}', 'the key manifest twice'],
    ['a version with a fraction', '{"version": 3.0, "name": "x"}', 'not written as a whole number'],
    ['a version with an exponent', '{"version":30e-1}', 'not written as a whole number'],
    ['info twice', '{"info": {"status": "a"}, "info": {}}', 'the key info twice'],
  ])('refuses a record with %s', (_name, json, reason) => {
    expect(() => decodeRelease(secretOf(json))).toThrow(
      expect.objectContaining({ code: 'RECORD_UNREADABLE', message: expect.stringContaining(reason) }),
    );
  });

  it('lets charts and values spell their keys as they like', () => {
    const free = { config: { name: 1, NAME: 2, Manifest: 3 }, chart: { values: { Hooks: [{ Manifest: 1 }] } } };
    const odd = {
      ...wire,
      ...free,
      hooks: [{ last_run: { Name: '' }, name: 'a', weight: 1 }],
      info: { status: 'x', Notes: '"{' },
    };
    expect(decodeRelease(secretOf(JSON.stringify(odd)))).toMatchObject({ status: 'x', hooks: [{ name: 'a' }] });
  });

  it('refuses a record that unpacks to more than a release can be', () => {
    const bomb = gzipSync(Buffer.alloc(9 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    expect(() => decodeRelease(secretOf(bomb))).toThrow(expect.objectContaining({ code: 'RECORD_TOO_LARGE' }));
  });
});
