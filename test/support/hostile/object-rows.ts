// Releases whose objects are the trouble: volumes, finalizers, kinds that are gone, owners that changed (P2, P7, P10).
import { configMap, volumeClaim } from '../written-release.ts';
import type { HostileRow } from './hostile-row.ts';

const keep = { annotations: { 'helm.sh/resource-policy': 'keep' } };
const retain = { annotations: { 'helm.sh/resource-policy': 'retain' } };

/** A chart's, without pods. */
export const statefulSet = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'shop' },
  spec: {
    replicas: 0,
    serviceName: 'shop',
    selector: { matchLabels: { app: 'shop' } },
    template: {
      metadata: { labels: { app: 'shop' } },
      spec: { containers: [{ name: 'shop', image: 'example.invalid/shop:1' }] },
    },
  },
};

/** What `metadata.namespace` is not there for, where others have an object of the same name. */
const nameless = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: same-name}\ndata: {of: {{ .Release.Namespace }}}\n';

/** P7. */
export const volumeRows: readonly HostileRow[] = [
  {
    name: 'claim',
    why: 'P7: helm deletes a claim that stands in a chart',
    make: ({ shopOf }) => shopOf([configMap('shop'), volumeClaim('data')]),
    ends: { kept: 'volumes' },
  },
  {
    name: 'claim-kept',
    why: 'P7: a protected claim stays, the rest goes',
    make: ({ shopOf }) => shopOf([configMap('shop'), volumeClaim('data', keep)]),
    ends: { purged: true, stays: ['PersistentVolumeClaim/data'], left: { 'PersistentVolumeClaim/data': 'kept' } },
  },
  {
    name: 'claim-odd',
    why: 'P7: with another value helm leaves it and says nothing, so the release is kept',
    make: ({ shopOf }) => shopOf([configMap('shop'), volumeClaim('data', retain)]),
    ends: { kept: 'volumes', says: 'retain' },
  },
  {
    name: 'claims-deleted',
    why: 'P7: a StatefulSet that takes its claims along',
    make: ({ shopOf }) => {
      const spec = { ...statefulSet.spec, persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } };
      return shopOf([{ ...statefulSet, spec }]);
    },
    ends: { kept: 'volumes' },
  },
  {
    name: 'claims-retained',
    why: 'P7: one that does not goes, and its claims stay',
    make: async ({ shopOf, placeBare }) => {
      await shopOf([{ ...statefulSet, spec: { ...statefulSet.spec, volumeClaimTemplates: [volumeClaim('data')] } }]);
      await placeBare(volumeClaim('data-shop-0'));
    },
    ends: {
      purged: true,
      stays: ['PersistentVolumeClaim/data-shop-0'],
      left: { 'PersistentVolumeClaim/data-shop-0': 'volume' },
    },
  },
  {
    name: 'policy-odd',
    why: 'P7: an object that helm leaves and is silent about is reported',
    make: ({ shopOf }) => shopOf([configMap('shop'), configMap('odd', retain)]),
    ends: { purged: true, stays: ['ConfigMap/odd'], left: { 'ConfigMap/odd': 'resource-policy' } },
  },
];

/** P2 and P10. */
export const objectRows: readonly HostileRow[] = [
  ...['a', 'b', 'c'].map(
    (letter): HostileRow => ({
      name: `same-name-${letter}`,
      why: "P2: an object without metadata.namespace is in the release's, never in the context's",
      make: ({ install }) => install(nameless),
      ends: { purged: true },
    }),
  ),
  {
    name: 'half-gone',
    why: 'P6: what somebody deleted by hand is no failure',
    make: async ({ place, record }) => {
      await place(configMap('shop'));
      await record({ objects: [configMap('shop'), configMap('deleted-by-hand')] });
    },
    ends: { purged: true },
  },
  {
    name: 'stuck',
    why: 'P10: a finalizer is never forced off: the release is gone, and what hangs is there',
    make: async ({ shopOf, namespace, kubectl, atEnd }) => {
      await shopOf([configMap('shop'), configMap('stuck', { finalizers: ['test.velotio.com/never'] })]);
      const patch = '{"metadata":{"finalizers":null}}';
      atEnd(() => kubectl('-n', namespace, 'patch', 'configmap', 'stuck', '--type=merge', '-p', patch));
    },
    ends: { purged: true, stays: ['ConfigMap/stuck'], left: { 'ConfigMap/stuck': 'finalizer' } },
    changes: ['ConfigMap/stuck'],
  },
  {
    name: 'kind-gone',
    why: 'P1, §2.3 of the anchors: of a kind that is gone helm would leave the record half-way',
    make: async ({ apply, install, kubectl }) => {
      const group = `g${Math.random().toString(36).slice(2, 8)}.test.velotio.com`;
      await apply(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`);
      await kubectl('wait', '--for=create', '--timeout=20s', `crd/widgets.${group}`);
      await kubectl('wait', '--for=condition=Established', '--timeout=20s', `crd/widgets.${group}`);
      const objects = [`apiVersion: ${group}/v1\nkind: Widget`, 'apiVersion: v1\nkind: ConfigMap'];
      await install(objects.map((head) => `---\n${head}\nmetadata: {name: shop}\n`).join(''));
      await kubectl('delete', 'crd', `widgets.${group}`, '--wait=true');
    },
    ends: { kept: 'outside-namespace', says: 'does not know' },
  },
  {
    name: 'terminating',
    why: 'P3: a Terminating namespace is left out',
    isAlone: true,
    make: async ({ placeBare, record, namespace, kubectl, atEnd }) => {
      await placeBare(configMap('held', { finalizers: ['test.velotio.com/never'] }));
      await record({ annotations: {} });
      const patch = '{"metadata":{"finalizers":null}}';
      atEnd(() => kubectl('-n', namespace, 'patch', 'configmap', 'held', '--type=merge', '-p', patch));
      await kubectl('delete', 'namespace', namespace, '--wait=false');
      await kubectl('-n', namespace, 'wait', '--for=delete', '--timeout=60s', 'secret/sh.helm.release.v1.shop.v1');
    },
    ends: { unmentioned: true },
  },
];
