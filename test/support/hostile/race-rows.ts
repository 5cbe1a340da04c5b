// Releases and namespaces that change between the plan and the run, or in the middle of it (DESIGN.md P5, P6).
import { CoreResources } from '../../../src/kube/resource.ts';
import { configMap, recordOf } from '../written-release.ts';
import { optIn } from './hostile-lab.ts';
import type { HostileRow, RowHands } from './hostile-row.ts';

const template = (greeting: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {greeting: ${greeting}}\n`;

const annotate =
  (annotations: Readonly<Record<string, string>>) =>
  async ({ client, namespace }: RowHands) => {
    await client.merge(
      CoreResources.namespaces,
      { metadata: { annotations } },
      { name: namespace, fieldManager: 'hostile' },
    );
  };

/** Between the plan and the run. */
export const changedRows: readonly HostileRow[] = [
  {
    name: 'upgraded',
    why: 'P5: a new revision since the plan',
    make: ({ install }) => install(template('hello')),
    meanwhile: async ({ helm, namespace, age }) => {
      await helm('rollback', 'shop', '1', '-n', namespace);
      await age();
    },
    ends: { skipped: 'touched since the plan' },
  },
  {
    name: 'deleted',
    why: 'P5: somebody uninstalled it since the plan',
    make: ({ install }) => install(template('hello')),
    meanwhile: async ({ helm, namespace }) => void (await helm('uninstall', 'shop', '-n', namespace)),
    ends: { skipped: 'gone since the plan' },
  },
  {
    name: 'reinstalled',
    why: 'P5: uninstalled and installed again: the same name, revision and state, and another uid',
    make: ({ install }) => install(template('hello')),
    meanwhile: async ({ helm, namespace, install }) => {
      await helm('uninstall', 'shop', '-n', namespace);
      await install(template('hello'));
    },
    ends: { skipped: 'touched since the plan' },
  },
  {
    name: 'touched',
    why: 'P5: a change of the record alone, of whatever kind',
    make: ({ shop }) => shop(),
    meanwhile: async ({ kubectl, namespace }) =>
      void (await kubectl('-n', namespace, 'label', 'secret', 'sh.helm.release.v1.shop.v1', 'team=blue')),
    ends: { skipped: 'touched since the plan' },
  },
  {
    name: 'forged-since',
    why: 'P1, P5: a record put beside it after the plan was looked at',
    make: ({ shop }) => shop(),
    meanwhile: ({ record, namespace, elsewhere }) =>
      record({ revision: 2, objects: [configMap(namespace, { namespace: elsewhere })] }),
    ends: { skipped: 'touched since the plan' },
  },
  {
    name: 'kept-since',
    why: 'P5: a keep on the namespace since the plan',
    isAlone: true,
    make: ({ shop }) => shop(),
    meanwhile: annotate({ 'purge.velotio.com/keep': 'true' }),
    ends: { skipped: 'purge.velotio.com/keep' },
  },
  {
    name: 'kept-one-since',
    why: 'P5: purge keep of one release since the plan',
    make: ({ shop }) => shop(),
    meanwhile: annotate({ 'keep.purge.velotio.com/shop': 'true' }),
    ends: { skipped: 'keep.purge.velotio.com/shop' },
  },
  {
    name: 'opted-out',
    why: 'P5: the namespace is no longer selected',
    isAlone: true,
    make: ({ shop }) => shop(),
    meanwhile: async ({ kubectl, namespace }) => void (await kubectl('label', 'namespace', namespace, `${optIn}-`)),
    ends: { skipped: 'no longer selected' },
  },
  {
    name: 'terminating-since',
    why: 'P5: the namespace is being deleted since the plan',
    isAlone: true,
    make: async ({ shop, placeBare, namespace, kubectl, atEnd }) => {
      await shop();
      await placeBare(configMap('held', { finalizers: ['test.velotio.com/never'] }));
      const patch = '{"metadata":{"finalizers":null}}';
      atEnd(() => kubectl('-n', namespace, 'patch', 'configmap', 'held', '--type=merge', '-p', patch));
    },
    meanwhile: async ({ kubectl, namespace }) => {
      await kubectl('delete', 'namespace', namespace, '--wait=false');
      await kubectl('-n', namespace, 'wait', '--for=delete', '--timeout=60s', 'secret/sh.helm.release.v1.shop.v1');
    },
    ends: { skipped: 'being deleted' },
  },
  {
    name: 'made-again',
    why: 'P5: another namespace of the same name, with an equal release',
    isAlone: true,
    make: ({ shop }) => shop(),
    meanwhile: async ({ client, kubectl, namespace, shop }) => {
      const { metadata } = await client.get(CoreResources.namespaces, { name: namespace });
      await kubectl('delete', 'namespace', namespace, '--wait=true');
      const again = { name: namespace, labels: metadata.labels ?? {} };
      const object = { apiVersion: 'v1', kind: 'Namespace', metadata: again };
      await client.create(CoreResources.namespaces, object, { fieldManager: 'hostile' });
      await shop();
    },
    ends: { skipped: 'made again since the plan' },
  },
];

/** In the middle of the run, between the last look and helm. */
export const racedRows: readonly HostileRow[] = [
  {
    name: 'raced',
    why: 'P6: a lost race is classified by reading the record again',
    make: ({ shop }) => shop(),
    helm: () => 'helm "$@" > /dev/null 2>&1; helm "$@"',
    ends: { skipped: 'somebody else uninstalled it', stays: [] },
  },
  {
    name: 'installed-again',
    why: 'P6: what somebody installs right behind the purge is theirs',
    make: ({ shop }) => shop(),
    helm: ({ namespace }) =>
      `helm "$@" && printf %s '${JSON.stringify(recordOf({ namespace, name: 'shop' }))}' | kubectl create -f - > /dev/null`,
    ends: { purged: true, stays: ['Secret/sh.helm.release.v1.shop.v1'], note: 'installed it again' },
    changes: ['Secret/sh.helm.release.v1.shop.v1'],
  },
];
