import { expect, it } from 'vitest';
import { notRestored } from '../../../../src/purge/plan/not-restored.ts';
import type { ReleaseHook } from '../../../../src/release/decode.ts';
import { parseContent } from '../../../../src/uninstall/record-trust.ts';

const told = (manifest: string, hooks: readonly ReleaseHook[] = []) =>
  notRestored(
    parseContent({
      name: 'shop',
      namespace: 'a',
      revision: 1,
      status: 'deployed',
      description: '',
      firstDeployed: undefined,
      lastDeployed: undefined,
      chart: { name: 'c', version: '1.0.0', appVersion: undefined },
      manifest,
      hooks,
    }),
  );
const service = (spec: string): string => `apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: ${spec}\n`;
const claim = (rest = ''): string => `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data${rest}}\n`;
const hook = (...events: string[]): ReleaseHook => ({ name: 'migrate', kind: 'Job', manifest: '', events });
const address = 'the ClusterIP of Service/web';

it.each<[string, string, readonly string[]]>([
  ['nothing of a ConfigMap', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n', []],
  ['the address of a Service', service('{ports: [{port: 80}]}'), [address]],
  ['not one that stands in the manifest', service('{clusterIP: 10.0.0.7}'), []],
  ['nothing of a headless Service', service('{clusterIP: None}'), []],
  ['nothing of an external name', service('{type: ExternalName, externalName: x.example}'), []],
  ['a port on the nodes', service('{type: NodePort, ports: [{port: 80}]}'), [address, 'the nodePort of Service/web']],
  ['not one that stands in the manifest', service('{type: NodePort, ports: [{port: 80, nodePort: 30080}]}'), [address]],
  [
    'the address of a load balancer',
    service('{type: LoadBalancer, ports: [{port: 80}]}'),
    [address, 'the nodePort of Service/web', 'the address of the load balancer of Service/web'],
  ],
  ['the data of a volume that goes', claim(), ['the data of PersistentVolumeClaim/data']],
  ['not of one that stays', claim(', annotations: {helm.sh/resource-policy: keep}'), []],
  [
    'the data of a StatefulSet that takes its claims with it',
    'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}}\n',
    ['the data of the volume claims of StatefulSet/db'],
  ],
  ['nothing of a kind of others that is called Service', service('{}').replace('v1', 'serving.test/v1'), []],
])('tells of %s', (_name, manifest, expected) => {
  expect(told(manifest)).toEqual(expected);
});

it('tells of what hooks did, and not of tests', () => {
  expect(told('', [hook('pre-install', 'pre-upgrade'), hook('test'), hook('test-success')])).toEqual([
    'what the pre-install, pre-upgrade hook Job/migrate did',
  ]);
});

it('names twenty and counts the others', () => {
  const many = told(Array.from({ length: 50 }, () => service('{}')).join('---\n'));
  expect(many).toHaveLength(21);
  expect(many.at(-1)).toBe('and 30 more');
});
