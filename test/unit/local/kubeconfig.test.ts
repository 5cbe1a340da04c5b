// The kubeconfig of a local cluster.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { kubeconfig } from '../../../src/local/kubeconfig.ts';

test('it names one cluster, one user, one context, and holds the credentials itself', () => {
  const input = { name: 'one', server: 'https://127.0.0.1:1', caCert: 'CA', adminCert: 'CERT', adminKey: 'KEY' };
  const name = 'bookstore-local-one';
  expect(parse(kubeconfig(input))).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: 'https://127.0.0.1:1', 'certificate-authority-data': 'Q0E=' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [{ name, user: { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ' } }],
  });
});
