import { describe, expect, it } from 'vitest';
import { CoreResources, groupVersionPath, gvkOf, type Resource, resourcePath } from '../../../src/kube/resource.ts';

const { secrets, namespaces, deployments } = CoreResources;
const widgets: Resource = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  isNamespaced: true,
};

describe('resourcePath', () => {
  it.for([
    ['a collection of all namespaces', secrets, {}, '/api/v1/secrets'],
    ['a collection', secrets, { namespace: 'a' }, '/api/v1/namespaces/a/secrets'],
    ['an object', secrets, { namespace: 'a', name: 'b' }, '/api/v1/namespaces/a/secrets/b'],
    ['a namespace', namespaces, { name: 'a' }, '/api/v1/namespaces/a'],
    [
      'a cluster-scoped object, whatever namespace is said',
      namespaces,
      { namespace: 'x', name: 'a' },
      '/api/v1/namespaces/a',
    ],
    ['a group', deployments, { namespace: 'a', name: 'b' }, '/apis/apps/v1/namespaces/a/deployments/b'],
    [
      'a status',
      widgets,
      { namespace: 'a', name: 'b', subresource: 'status' },
      '/apis/example.com/v1/namespaces/a/widgets/b/status',
    ],
  ] as const)('addresses %s', ([_name, resource, location, expected]) => {
    expect(resourcePath(resource, location)).toBe(expected);
  });

  it.each([
    ['../x', '/api/v1/namespaces/a/secrets/..%2Fx'],
    ['a/b', '/api/v1/namespaces/a/secrets/a%2Fb'],
    ['a?dryRun=All', '/api/v1/namespaces/a/secrets/a%3FdryRun%3DAll'],
    ['a#b', '/api/v1/namespaces/a/secrets/a%23b'],
    ['%2e%2e', '/api/v1/namespaces/a/secrets/%252e%252e'],
    ['..%2F..', '/api/v1/namespaces/a/secrets/..%252F..'],
    ['a\nb', '/api/v1/namespaces/a/secrets/a%0Ab'],
  ])('keeps the name %j one segment of the URL', (name, expected) => {
    const path = resourcePath(secrets, { namespace: 'a', name });
    expect(path).toBe(expected);
    expect(new URL(`https://server${path}`).pathname).toBe(expected);
  });

  it.each([
    ['..', { namespace: 'a', name: '..' }],
    ['.', { namespace: 'a', name: '.' }],
    ['an empty name, which would be the whole collection', { namespace: 'a', name: '' }],
    ['a namespace ..', { namespace: '..', name: 'a' }],
    ['an empty namespace', { namespace: '', name: 'a' }],
    ['no namespace', { name: 'a' }],
  ])('refuses %s', (_name, location) => {
    expect(() => resourcePath(secrets, location)).toThrow(
      expect.objectContaining({ code: 'API_INVALID', isTerminal: true }),
    );
  });

  it('refuses a version out of a manifest that climbs', () => {
    expect(() => groupVersionPath({ group: 'apps', version: '..' })).toThrow('"..');
    expect(groupVersionPath({ group: 'a/../..', version: 'v1/x' })).toBe('/apis/a%2F..%2F../v1%2Fx');
  });
});

describe('gvkOf', () => {
  it.each([
    ['v1', { group: '', version: 'v1' }],
    ['apps/v1', { group: 'apps', version: 'v1' }],
    ['example.com/v1/x', { group: 'example.com', version: 'v1/x' }],
  ])('reads %s', (apiVersion, expected) => {
    expect(gvkOf({ apiVersion, kind: 'Thing' })).toEqual({ ...expected, kind: 'Thing' });
  });
});
