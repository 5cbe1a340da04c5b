// Records that say another thing inside than outside, or reach for what is not theirs (DESIGN.md P1).
import { clusterRole, configMap, installed } from '../written-release.ts';
import type { HostileRow, RowHands } from './hostile-row.ts';

/** What the other team has: an object called as the row's namespace. */
const prey = ({ namespace, elsewhere }: RowHands) => configMap(namespace, { namespace: elsewhere });

/** A binding by which a forged record would make its author a cluster admin. */
const binding = ({ namespace }: RowHands) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'Group', name: 'nobody', apiGroup: 'rbac.authorization.k8s.io' }],
});

/** Records whose inside disagrees with their metadata. */
export const mismatchedRows: readonly HostileRow[] = [
  {
    name: 'forged-name',
    why: 'P1: helm acts by the name inside',
    make: ({ shop }) => shop({ inside: { name: 'another' } }),
    ends: { kept: 'record-mismatch', isDoubtful: true },
  },
  {
    name: 'forged-namespace',
    why: 'P1: the namespace inside is kube-system',
    make: ({ shop }) => shop({ inside: { namespace: 'kube-system' } }),
    ends: { kept: 'record-mismatch', says: 'kube-system', isDoubtful: true },
  },
  {
    name: 'forged-revision',
    why: 'P1: helm sorts by the revision inside',
    make: ({ shop }) => shop({ inside: { version: 7 } }),
    ends: { kept: 'record-mismatch', isDoubtful: true },
  },
  {
    name: 'forged-status',
    why: 'P1: of what says uninstalled inside, helm removes the records and deletes nothing',
    make: ({ shop }) => shop({ inside: { info: { status: 'uninstalled' } } }),
    ends: { kept: 'record-mismatch', isDoubtful: true },
  },
  {
    name: 'forged-old-revision',
    why: 'P1: each stored record must agree, not only the latest',
    make: async ({ shop, record, namespace, elsewhere }) => {
      await shop({ revision: 2 });
      const objects = [configMap(namespace, { namespace: elsewhere })];
      await record({
        revision: 1,
        status: 'superseded',
        objects,
        inside: { version: 9, info: { status: 'deployed' } },
      });
    },
    ends: { kept: 'record-mismatch', isDoubtful: true },
  },
  {
    name: 'wrong-type',
    why: 'P1: a Secret with the labels of a record that is none of Helm',
    make: ({ shop }) => shop({ type: 'Opaque' }),
    ends: { kept: 'record-mismatch', says: 'Opaque', isDoubtful: true },
  },
  {
    name: 'beside-genuine',
    why: 'P1: a Secret beside a good record claims to be a newer one, under a name that is none',
    make: async ({ shop, record }) => {
      await shop();
      await record({ revision: 9, secretName: 'sh.helm.release.v1.other.v9' });
    },
    ends: { kept: 'rejected-record', isDoubtful: true },
  },
  {
    name: 'stray',
    why: 'P1: a Secret that claims to be of a release that is not there is reported',
    release: 'stray',
    make: ({ record }) => record({ name: 'nothing', secretName: 'stray' }),
    ends: { kept: 'rejected-record', isDoubtful: true },
  },
  {
    name: 'long-name',
    why: 'P1, §9: a name that Helm does not give never becomes an argument',
    release: `shop-${'x'.repeat(55)}`,
    make: ({ shop }) => shop(),
    ends: { kept: 'invalid-name', isDoubtful: true },
  },
  {
    name: 'shell-name',
    why: 'P1, §9: as near to a shell or a flag as a label can come',
    release: 'sh.helm.release.v1.reboot.v1',
    make: ({ record }) => record({ name: 'x__--kube-as-user_.._x', secretName: 'sh.helm.release.v1.reboot.v1' }),
    ends: { kept: 'rejected-record', isDoubtful: true },
  },
];

/** Records that name what is not in their namespace. */
export const reachingRows: readonly HostileRow[] = [
  {
    name: 'reach-kube-system',
    why: 'P1: an object in kube-system is outside the release, whoever may delete there',
    make: async ({ namespace, placeBare, record, client, atEnd }) => {
      const object = configMap(namespace, { namespace: 'kube-system' });
      await placeBare(object);
      const resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', isNamespaced: true };
      atEnd(() => client.delete(resource, { namespace: 'kube-system', name: namespace }));
      await record({ objects: [object] });
    },
    ends: { kept: 'outside-namespace', says: 'kube-system' },
  },
  {
    name: 'reach-team',
    why: "P1: an object in another team's namespace, with the rest of the manifest as it should be",
    make: async (hands) => {
      await hands.place(configMap('shop'));
      await hands.record({ objects: [configMap('shop'), prey(hands)] });
    },
    ends: { kept: 'outside-namespace' },
  },
  {
    name: 'reach-binding',
    why: 'P1: a ClusterRoleBinding is cluster-scoped, and its kind is not allowed',
    make: async (hands) => {
      await hands.placeBare({ ...binding(hands), metadata: { name: hands.namespace } });
      hands.atEnd(() => hands.kubectl('delete', 'clusterrolebinding', hands.namespace));
      await hands.record({ objects: [binding(hands)] });
    },
    ends: { kept: 'outside-namespace', says: 'cluster-scoped' },
  },
  {
    name: 'reach-unmarked',
    why: 'P1: the kind is allowed, but the live object does not say that it is of this release',
    make: async ({ namespace, placeBare, record, kubectl, atEnd }) => {
      await placeBare(clusterRole(namespace));
      atEnd(() => kubectl('delete', 'clusterrole', namespace));
      await record({ objects: [clusterRole(namespace)] });
    },
    ends: { kept: 'outside-namespace', isDoubtful: true },
  },
  {
    name: 'reach-foreign',
    why: 'P1: the kind is allowed, and the live object says that it is of a release of that name elsewhere',
    make: async ({ namespace, elsewhere, placeBare, record, kubectl, atEnd }) => {
      await placeBare(installed(clusterRole(namespace), { namespace: elsewhere, name: 'shop' }));
      atEnd(() => kubectl('delete', 'clusterrole', namespace));
      await record({ objects: [clusterRole(namespace)] });
    },
    ends: { kept: 'outside-namespace', isDoubtful: true },
  },
  {
    name: 'own-cluster-role',
    why: 'P1: the kind is allowed and the live object is marked: it goes with its release',
    make: ({ namespace, shopOf }) => shopOf([configMap('shop'), clusterRole(namespace)]),
    ends: { purged: true },
    goesOutside: ({ namespace }) => [`-/ClusterRole.rbac.authorization.k8s.io/${namespace}`],
  },
  {
    name: 'namespace-in-chart',
    why: 'P1: a Namespace inside a chart would take all that is in it along',
    make: ({ elsewhere, record }) =>
      record({ objects: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: elsewhere } }] }),
    ends: { kept: 'outside-namespace', says: 'cluster-scoped' },
  },
  {
    name: 'forged-hook',
    why: 'P1: a hook that makes a ClusterRoleBinding, run by an admin who uninstalls',
    hasDeleteHooks: true,
    make: (hands) => hands.shop({ hooks: [{ events: ['pre-delete'], object: binding(hands) }] }),
    ends: { kept: 'outside-namespace', says: 'ClusterRoleBinding' },
  },
  {
    name: 'forged-hook-elsewhere',
    why: "P1: a hook that helm would replace in another team's namespace",
    hasDeleteHooks: true,
    make: (hands) => hands.shop({ hooks: [{ events: ['post-delete'], object: prey(hands) }] }),
    ends: { kept: 'outside-namespace' },
  },
  {
    name: 'list-in-list',
    why: 'P1: helm unfolds a List, so what stands in it counts',
    make: (hands) => {
      const items = [configMap('shop'), { ...prey(hands) }];
      return hands.record({ objects: [{ apiVersion: 'v1', kind: 'List', metadata: { name: 'x' }, items }] });
    },
    ends: { kept: 'outside-namespace' },
  },
];
