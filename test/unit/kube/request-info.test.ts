import { expect, test } from 'vitest';
import { requestInfo } from '../../../src/kube/request-info.ts';

test.each([
  ['GET', '/api/v1/namespaces/a/secrets/b', false, 'get', 'secrets'],
  ['GET', '/api/v1/namespaces/a/secrets', false, 'list', 'secrets'],
  ['GET', '/api/v1/secrets', true, 'watch', 'secrets'],
  ['GET', '/api/v1/namespaces', false, 'list', 'namespaces'],
  ['GET', '/api/v1/namespaces/a', false, 'get', 'namespaces'],
  ['DELETE', '/apis/apps/v1/namespaces/a/deployments/b', false, 'delete', 'deployments.apps'],
  [
    'PATCH',
    '/apis/velotio.com/v1alpha1/namespaces/a/bookstores/b/status',
    false,
    'patch',
    'bookstores.velotio.com/status',
  ],
  ['PUT', '/apis/coordination.k8s.io/v1/namespaces/a/leases/b', false, 'update', 'leases.coordination.k8s.io'],
  ['POST', '/apis/events.k8s.io/v1/namespaces/a/events', false, 'create', 'events.events.k8s.io'],
  [
    'GET',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x',
    false,
    'get',
    'customresourcedefinitions.apiextensions.k8s.io',
  ],
  ['GET', '/apis/apps/v1', false, 'get', '/discovery'],
  ['GET', '/apis/apps', false, 'get', '/discovery'],
  ['GET', '/api/v1', false, 'get', '/discovery'],
  ['GET', '/version', false, 'get', '/version'],
] as const)('%s %s (watch: %s) is %s %s', (method, path, isWatch, verb, resource) => {
  expect(requestInfo({ method, path, isWatch })).toEqual({ verb, resource });
});
