// Releases with which helm cannot be trusted: it would delete what is not, or no longer, theirs (DESIGN.md P2, P7).
import { configMap } from '../written-release.ts';
import type { HostileRow, RowHands } from './hostile-row.ts';
import { statefulSet } from './object-rows.ts';

const marksOf = (name: string, namespace: string) => ({
  'meta.helm.sh/release-name': name,
  'meta.helm.sh/release-namespace': namespace,
});

const annotate = async ({ kubectl, namespace }: RowHands, object: string, annotation: string): Promise<void> =>
  void (await kubectl('-n', namespace, 'annotate', '--overwrite', object, annotation));

/** Nothing of them is deleted, neither what is theirs nor what is not. */
export const guardedRows: readonly HostileRow[] = [
  {
    name: 'taken-over',
    why: 'P2: an object that another release took over: helm would delete it',
    make: async ({ placeBare, place, namespace, record }) => {
      await place(configMap('shop'));
      await placeBare(configMap('taken', { annotations: marksOf('other', namespace) }));
      await record({ objects: [configMap('shop'), configMap('taken')] });
    },
    ends: { skipped: 'ConfigMap/taken', code: 'OBJECT_OF_ANOTHER_RELEASE' },
  },
  {
    name: 'taken-elsewhere',
    why: "P2: the marks of a release of that name in another team's namespace",
    make: async ({ placeBare, elsewhere, record }) => {
      await placeBare(configMap('shop', { annotations: marksOf('shop', elsewhere) }));
      await record({ objects: [configMap('shop')] });
    },
    ends: { skipped: 'ConfigMap/shop', code: 'OBJECT_OF_ANOTHER_RELEASE' },
  },
  {
    name: 'taken-since',
    why: 'P2, P5: another release took an object over since the plan',
    make: ({ shop }) => shop(),
    meanwhile: (hands) => annotate(hands, 'configmap/shop', 'meta.helm.sh/release-name=other'),
    ends: { skipped: 'ConfigMap/shop', code: 'OBJECT_OF_ANOTHER_RELEASE' },
  },
  {
    name: 'unmarked',
    why: "P2: an object without marks may be somebody's who put it in the place of the release's own",
    make: async ({ placeBare, record }) => {
      await placeBare(configMap('shop'));
      await record({ objects: [configMap('shop')] });
    },
    ends: { skipped: 'ConfigMap/shop', code: 'OBJECT_UNMARKED' },
  },
  {
    name: 'replaced-since',
    why: 'P2, P5: somebody deleted an object since the plan, and made one by hand in its place',
    make: ({ shop }) => shop(),
    meanwhile: async ({ kubectl, namespace, placeBare }) => {
      await kubectl('-n', namespace, 'delete', 'configmap', 'shop');
      await placeBare(configMap('shop'));
    },
    ends: { skipped: 'ConfigMap/shop', code: 'OBJECT_UNMARKED' },
  },
  {
    name: 'claims-told',
    why: 'P7: the manifest keeps the claims, the live StatefulSet was told to delete them with itself',
    make: async ({ shopOf, kubectl, namespace }) => {
      await shopOf([statefulSet]);
      const patch = '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete"}}}';
      await kubectl('-n', namespace, 'patch', 'statefulset', 'shop', '--type=merge', '-p', patch);
    },
    ends: { skipped: 'StatefulSet/shop', code: 'VOLUME_AT_RISK' },
  },
  {
    name: 'forbidden-kind',
    why: 'P2: whose an object is cannot be read (403): the record is kept, and nothing is deleted',
    isAlone: true,
    rights: '[{apiGroups: [""], resources: [secrets], verbs: ["*"]}]',
    make: ({ shop }) => shop(),
    ends: { failed: ['OWNERSHIP_UNREADABLE'], record: 'left' },
  },
  {
    name: 'forbidden-records',
    why: 'P2, O14: the ServiceAccount may not even read the records',
    isAlone: true,
    rights: '[{apiGroups: [""], resources: [configmaps], verbs: ["*"]}]',
    make: ({ shop }) => shop(),
    ends: { failed: ['API_FORBIDDEN', 'UNDO_NOT_WRITTEN'], record: 'left' },
  },
  {
    name: 'quota',
    why: 'P8: no copy, no delete: a quota leaves no room for the undo Secret',
    isAlone: true,
    make: async ({ shop, apply, kubectl, namespace }) => {
      await shop();
      const metadata = `metadata: {name: full, namespace: ${namespace}}`;
      await apply(`apiVersion: v1\nkind: ResourceQuota\n${metadata}\nspec: {hard: {count/secrets: "1"}}\n`);
      const counted = ['--for=jsonpath={.status.used.count/secrets}=1', '--timeout=60s'];
      await kubectl('-n', namespace, 'wait', 'resourcequota/full', ...counted);
    },
    ends: { failed: ['UNDO_NOT_WRITTEN'], record: 'left' },
  },
];
