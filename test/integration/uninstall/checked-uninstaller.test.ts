// What is proved goes, and what is not stays whole: with the real helm behind the proof.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CheckedUninstaller,
  type CheckedUninstallRequest,
  checkedUninstaller,
} from '../../../src/uninstall/checked-uninstaller.ts';
import { helmDriver } from '../../../src/uninstall/helm-driver.ts';
import type { ReleaseUninstaller } from '../../../src/uninstall/uninstaller.ts';
import { ReleaseLab } from '../../support/release-lab.ts';

const clusterRoles = [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' }];

let lab: ReleaseLab;
let namespace: string;
let uninstaller: CheckedUninstaller;
/** What reached helm. */
const reached: string[] = [];
beforeAll(async () => {
  lab = await ReleaseLab.open();
  namespace = await lab.namespace('checked');
  const real = helmDriver(lab.newHelm());
  const driver: ReleaseUninstaller = {
    driver: 'helm',
    uninstall: async (request) => {
      reached.push(request.name);
      await real.uninstall(request);
    },
  };
  uninstaller = checkedUninstaller({ client: lab.client, discovery: lab.discovery, driver });
});
afterAll(async () => {
  await lab.kubectl('delete', 'clusterrole', '-l', `lab=${namespace}`);
  await lab[Symbol.asyncDispose]();
});

const configMap = `
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
---
`;
const clusterRole = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "{{ .Release.Namespace }}-{{ .Release.Name }}", labels: {lab: "{{ .Release.Namespace }}"}}
---
`;
const hook = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-hook
  annotations: {helm.sh/hook: pre-delete}
---
`;

const install = async (name: string, template = configMap, ...args: readonly string[]): Promise<void> => {
  await lab.helm('install', name, await lab.chart(template), '-n', namespace, ...args);
};
const uninstall = (name: string, change: Partial<CheckedUninstallRequest> = {}): Promise<unknown> =>
  uninstaller.uninstall({ namespace, name, timeoutMs: 60_000, ...change });

const isThere = {
  record: (name: string) => lab.exists('secret', '-n', namespace, '-l', `owner=helm,name=${name}`),
  configMap: (name: string) => lab.exists('configmap', '-n', namespace, name),
  clusterRole: (name: string) => lab.exists('clusterrole', `${namespace}-${name}`),
};

/** Refused with this code before helm was started, and the record is still there. */
async function expectRefused(name: string, refused: Promise<unknown>, code: string): Promise<Error> {
  const error = await refused.then(
    () => Promise.reject(new Error('it was uninstalled')),
    (thrown: Error) => thrown,
  );
  expect(error).toMatchObject({ name: 'UninstallError', code, isTerminal: false, remedy: expect.any(String) });
  expect(error.message).toContain(`${namespace}/${name}`);
  expect(reached).not.toContain(name);
  expect(await isThere.record(name)).toBe(true);
  return error;
}

describe('a release of which all is proved', () => {
  it('goes, with the cluster-scoped objects of allowed kinds', async () => {
    await install('whole', configMap + clusterRole);
    await uninstall('whole', { allowedKinds: clusterRoles });
    expect([
      await isThere.record('whole'),
      await isThere.configMap('whole'),
      await isThere.clusterRole('whole'),
    ]).toEqual([false, false, false]);
  });

  it('goes with objects of its namespace from which somebody took the marks', async () => {
    await install('bare');
    const marks = ['meta.helm.sh/release-name-', 'meta.helm.sh/release-namespace-'];
    await lab.kubectl('annotate', 'configmap', '-n', namespace, 'bare', ...marks);
    await uninstall('bare');
    expect([await isThere.record('bare'), await isThere.configMap('bare')]).toEqual([false, false]);
  });

  it('goes where objects are gone already', async () => {
    await install('hollow', configMap + clusterRole);
    await lab.kubectl('delete', 'configmap', '-n', namespace, 'hollow');
    await lab.kubectl('delete', 'clusterrole', `${namespace}-hollow`);
    await uninstall('hollow', { allowedKinds: clusterRoles });
    expect(await isThere.record('hollow')).toBe(false);
  });

  it('goes, and what helm would leave may be of another release by now', async () => {
    const kept = configMap.replace('metadata: {', 'metadata: {annotations: {helm.sh/resource-policy: keep}, ');
    await install('kept', kept.replaceAll('{{ .Release.Name }}', 'kept-object'));
    await install('adopter', kept.replaceAll('{{ .Release.Name }}', 'kept-object'), '--take-ownership');
    await uninstall('kept');
    expect([await isThere.record('kept'), await isThere.configMap('kept-object')]).toEqual([false, true]);
  });

  it('goes as the ServiceAccount, hooks included', async () => {
    const rules = `
- {apiGroups: [""], resources: [secrets], verbs: [get, list, update, delete]}
- {apiGroups: [""], resources: [configmaps], verbs: [get, list, create, patch, delete, watch]}`;
    const impersonate = await lab.serviceAccount(namespace, 'uninstaller', rules);
    await install('as-account', configMap + hook);
    await uninstall('as-account', { impersonate });
    expect([await isThere.record('as-account'), await isThere.configMap('as-account')]).toEqual([false, false]);
    expect(await isThere.configMap('as-account-hook')).toBe(true);
  });

  it('loses its history where it was uninstalled with --keep-history, and nothing else', async () => {
    await install('gone');
    await lab.helm('uninstall', 'gone', '-n', namespace, '--keep-history');
    await install('heir', configMap.replaceAll('{{ .Release.Name }}', 'gone'));
    await uninstall('gone');
    expect([await isThere.record('gone'), await isThere.configMap('gone')]).toEqual([false, true]);
  });

  it('is told to be none where there is no record, without asking helm', async () => {
    await expect(uninstall('nobody')).rejects.toMatchObject({ name: 'HelmError', code: 'HELM_RELEASE_NOT_FOUND' });
    expect(reached).not.toContain('nobody');
  });
});

describe("an object that is not the release's", () => {
  it('stays where another release took it over, although helm would delete it', async () => {
    await install('first', configMap.replaceAll('{{ .Release.Name }}', 'shared') + configMap);
    await install('second', configMap.replaceAll('{{ .Release.Name }}', 'shared'), '--take-ownership');
    const { message } = await expectRefused('first', uninstall('first'), 'OBJECT_OF_ANOTHER_RELEASE');
    expect(message).toContain('"ConfigMap/shared" is of release');
    expect(message).toContain(`${namespace}/second`);
    expect([await isThere.configMap('shared'), await isThere.configMap('first')]).toEqual([true, true]);

    await lab.helm('uninstall', 'first', '-n', namespace);
    expect(await isThere.configMap('shared'), 'helm itself does not look').toBe(false);
  });

  it('stays where it is cluster-scoped and its kind is not allowed', async () => {
    await install('scoped', configMap + clusterRole);
    await expectRefused('scoped', uninstall('scoped'), 'OBJECT_OUTSIDE_NAMESPACE');
    const core = { allowedKinds: [{ group: '', kind: 'ClusterRole' }] };
    await expectRefused('scoped', uninstall('scoped', core), 'OBJECT_OUTSIDE_NAMESPACE');
    expect([await isThere.clusterRole('scoped'), await isThere.configMap('scoped')]).toEqual([true, true]);
  });

  it('stays where it is cluster-scoped, of an allowed kind, and carries no marks', async () => {
    await install('unmarked', clusterRole);
    await lab.kubectl('annotate', 'clusterrole', `${namespace}-unmarked`, 'meta.helm.sh/release-name-');
    await expectRefused('unmarked', uninstall('unmarked', { allowedKinds: clusterRoles }), 'OBJECT_UNMARKED');
    expect(await isThere.clusterRole('unmarked')).toBe(true);
  });

  it('stays where its namespace is another', async () => {
    const other = await lab.namespace('checked-other');
    await install('elsewhere', configMap.replace('metadata: {', `metadata: {namespace: ${other}, `));
    const { message } = await expectRefused('elsewhere', uninstall('elsewhere'), 'OBJECT_OUTSIDE_NAMESPACE');
    expect(message).toContain(`is in namespace "${other}"`);
    expect(await lab.exists('configmap', '-n', other, 'elsewhere')).toBe(true);
  });

  it('stays where nobody may read whose it is', async () => {
    const secrets = '{apiGroups: [""], resources: [secrets], verbs: [get, list, update, delete]}';
    const impersonate = await lab.serviceAccount(namespace, 'blind', `[${secrets}]`);
    await install('unread');
    const { message } = await expectRefused('unread', uninstall('unread', { impersonate }), 'OWNERSHIP_UNREADABLE');
    expect(message).toContain('"ConfigMap/unread"');
    expect(await isThere.configMap('unread')).toBe(true);

    const stranger = await lab.serviceAccount(namespace, 'stranger', '[]');
    await expect(uninstall('unread', { impersonate: stranger })).rejects.toMatchObject({ code: 'API_FORBIDDEN' });
  });

  it('stays where a kind beside it is served no more', async () => {
    const widgets = await lab.widgetKind('checked');
    await install('widget', `${configMap}apiVersion: ${widgets.group}/v1\nkind: Widget\nmetadata: {name: a}\n`);
    await widgets.remove();
    const { message } = await expectRefused('widget', uninstall('widget'), 'KIND_NOT_SERVED');
    expect(message).toContain('"Widget/a"');
    expect(await isThere.configMap('widget')).toBe(true);
  });
});

describe('a record that is not what it seems', () => {
  it.each<[string, (json: string) => string]>([
    ['another release', (json) => json.replace('"name":"forged"', '"name":"other"')],
    ['another namespace', (json) => json.replace(`"namespace":"${namespace}"`, '"namespace":"kube-system"')],
    ['another state', (json) => json.replace('"status":"superseded"', '"status":"uninstalled"')],
    ['a revision above all', (json) => json.replace('"version":1', '"version":99')],
    ['no record at all', () => '{'],
  ])('keeps the release, even if it is an old one: %s', async (_name, change) => {
    await install('forged');
    await lab.helm('upgrade', 'forged', await lab.chart(configMap), '-n', namespace);
    await lab.forge(namespace, 'forged', change);
    await expectRefused('forged', uninstall('forged'), 'RECORD_UNTRUSTED');
    expect(await isThere.configMap('forged')).toBe(true);
    await lab.kubectl('delete', 'secret,configmap', '-n', namespace, '-l', 'owner=helm,name=forged');
    await lab.kubectl('delete', 'configmap', '-n', namespace, 'forged');
  });

  it('keeps the release where a Secret is only labelled as its record', async () => {
    await install('beside');
    const labels = 'labels: {owner: helm, name: beside, version: "9", status: deployed}';
    await lab.apply(`apiVersion: v1\nkind: Secret\nmetadata: {name: fake, namespace: ${namespace}, ${labels}}\n`);
    await expectRefused('beside', uninstall('beside'), 'RECORD_UNTRUSTED');
  });

  it('keeps the release where the manifest can be read in two ways', async () => {
    await install('ambiguous');
    await lab.forge(namespace, 'ambiguous', (json) =>
      json.replace('metadata: {name', 'metadata: {<<: {namespace: x}, name'),
    );
    await expectRefused('ambiguous', uninstall('ambiguous'), 'RECORD_UNTRUSTED');
  });

  it('cannot reach elsewhere by a manifest', async () => {
    await install('reaching');
    await lab.forge(namespace, 'reaching', (json) =>
      json.replace('metadata: {name', 'metadata: {namespace: kube-system, name'),
    );
    await expectRefused('reaching', uninstall('reaching'), 'OBJECT_OUTSIDE_NAMESPACE');
  });

  it('cannot have hooks run with our rights', async () => {
    await install('hooked', configMap + hook);
    const { message } = await expectRefused('hooked', uninstall('hooked'), 'DELETE_HOOKS_REFUSED');
    expect(message).toContain('pre-delete hook ConfigMap/hooked-hook');
    expect([await isThere.configMap('hooked'), await isThere.configMap('hooked-hook')]).toEqual([true, false]);
    await uninstall('hooked', { mayRunDeleteHooks: true });
    expect([await isThere.configMap('hooked'), await isThere.configMap('hooked-hook')]).toEqual([false, true]);
  });
});

describe('the time of an attempt', () => {
  it('ends the proof as well', async () => {
    await install('slow');
    await expectRefused('slow', uninstall('slow', { timeoutMs: 1 }), 'UNINSTALL_TIMEOUT');
  });

  it('ends with the signal, whose reason is told', async () => {
    await install('told');
    const reason = new Error('the leader is another');
    await expect(uninstall('told', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await isThere.configMap('told')).toBe(true);
  });
});
