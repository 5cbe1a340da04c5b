// What the native driver does with what changes under its hands, in which order, and how much at once.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestGate } from '../../../src/kube/http.ts';
import { type OpenClient, openClient } from '../../../src/kube/open-client.ts';
import type { RequestObservation } from '../../../src/kube/request-sender.ts';
import { checkedUninstaller } from '../../../src/uninstall/checked-uninstaller.ts';
import { nativeDriver } from '../../../src/uninstall/native-driver.ts';
import { proveStored } from '../../../src/uninstall/prove-stored.ts';
import type { ProvenUninstallRequest } from '../../../src/uninstall/proven-uninstaller.ts';
import { requestLimit } from '../../../src/uninstall/request-limit.ts';
import { tooManyRequests } from '../../support/chaos/fault.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { grant } from '../../support/grant.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { testCluster } from '../../support/test-context.ts';

let lab: ReleaseLab;
let namespace: string;
beforeAll(async () => {
  lab = await ReleaseLab.open();
  namespace = await lab.namespace('native');
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

const object = (kind: string, suffix: string, metadata = '', rest = ''): string =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: {name: "{{ .Release.Name }}-${suffix}"${metadata}}\n${rest}---\n`;
const configMap = (suffix: string, metadata = ''): string => object('ConfigMap', suffix, metadata);

const statefulSet = (suffix: string): string => {
  const labels = '{app: "{{ .Release.Name }}"}';
  const template = `{metadata: {labels: ${labels}}, spec: {containers: [{name: c, image: c}]}}`;
  const spec = `spec: {replicas: 0, serviceName: s, selector: {matchLabels: ${labels}}, template: ${template}}\n`;
  return object('StatefulSet', suffix, '', spec).replace('apiVersion: v1', 'apiVersion: apps/v1');
};

/** Lets all through, each after something happens. */
const lettingAfter =
  (happens: () => Promise<unknown>): RequestGate =>
  async (send) => {
    await happens();
    return send();
  };

const observed = (observe: (request: RequestObservation) => void): Promise<OpenClient> => {
  const { kubeconfig, testRoot: homeDir } = testCluster();
  return openClient({ kubeconfig, homeDir, observe });
};

const install = async (name: string, template: string): Promise<void> => {
  await lab.helm('install', name, await lab.chart(template), '-n', namespace);
};
const prove = async (name: string, rules: { mustBeMarked?: boolean } = {}): Promise<ProvenUninstallRequest> => {
  const request = { namespace, name, timeoutMs: 60_000, ...rules };
  return { ...request, proven: await proveStored({ client: lab.client, discovery: lab.discovery }, request) };
};
const isThere = (kind: string, name: string): Promise<boolean> => lab.exists(kind, '-n', namespace, name);
const state = (name: string): Promise<string> =>
  lab.kubectl('get', 'secret', '-n', namespace, '-l', `owner=helm,name=${name}`, '-o', 'jsonpath={..labels.status}');

describe('what changed since the proof', () => {
  it('is an object that somebody made anew: it stays, is told, and is looked at by the next attempt', async () => {
    await install('replaced', configMap('a') + configMap('b'));
    const request = await prove('replaced');
    await lab.kubectl('delete', 'configmap', 'replaced-a', '-n', namespace);
    await lab.apply(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: replaced-a, namespace: ${namespace}}\n`);
    const driver = nativeDriver(lab.client);
    const left = await driver.uninstall(request).catch((error: unknown) => error);
    expect(left).toMatchObject({ code: 'OBJECTS_LEFT', message: expect.stringContaining('"ConfigMap/replaced-a": ') });
    expect(left).toMatchObject({ message: expect.stringContaining('(API_CONFLICT)') });
    expect([await isThere('configmap', 'replaced-a'), await isThere('configmap', 'replaced-b')]).toEqual([true, false]);
    expect(await state('replaced')).toBe('uninstalling');

    const again = checkedUninstaller({ client: lab.client, discovery: lab.discovery, driver });
    const strictly = again.uninstall({ namespace, name: 'replaced', timeoutMs: 60_000, mustBeMarked: true });
    await expect(strictly).rejects.toMatchObject({ code: 'OBJECT_UNMARKED' });
    await again.uninstall({ namespace, name: 'replaced', timeoutMs: 60_000 });
    expect([await isThere('configmap', 'replaced-a'), await state('replaced')]).toEqual([false, '']);
  });

  it('is an object that is still the release’s: it goes all the same', async () => {
    await install('restarted', configMap('a') + configMap('b'));
    const request = await prove('restarted');
    await lab.kubectl('annotate', 'configmap', 'restarted-a', '-n', namespace, 'example.com/touched=yes');
    await nativeDriver(lab.client).uninstall(request);
    const left = await Promise.all(['a', 'b'].map((suffix) => isThere('configmap', `restarted-${suffix}`)));
    expect([...left, await state('restarted')]).toEqual([false, false, '']);
  });

  it.each([
    ['given', 'heirs', 'it is of release \\"[^/]+/heirs\\" now'],
    ['given away', '', 'it does not carry the marks of this release any more'],
  ])('is whose an object is, %s to "%s": it stays and is told', async (_what, owner, told) => {
    const name = owner === '' ? 'unmarked' : 'handed';
    await install(name, configMap('a') + configMap('b'));
    const request = await prove(name, { mustBeMarked: true });
    const mark = owner === '' ? 'meta.helm.sh/release-name-' : `meta.helm.sh/release-name=${owner}`;
    await lab.kubectl('annotate', 'configmap', `${name}-a`, '-n', namespace, '--overwrite', mark);
    const left = await nativeDriver(lab.client)
      .uninstall(request)
      .catch((error: unknown) => error);
    expect(left).toMatchObject({ code: 'OBJECTS_LEFT', message: expect.stringMatching(new RegExp(told)) });
    expect([await isThere('configmap', `${name}-a`), await isThere('configmap', `${name}-b`)]).toEqual([true, false]);
    expect(await state(name)).toBe('uninstalling');
  });

  it('is an object all the time, as the status of what never settles: it goes by its uid the fourth time', async () => {
    await install('restless', configMap('a'));
    const deletions: string[] = [];
    const { client, close } = await observed(({ method, path }) => {
      if (method === 'DELETE' && path.endsWith('/restless-a')) deletions.push(path);
    });
    const change = async (): Promise<void> => {
      if (!(await isThere('configmap', 'restless-a'))) return;
      const at = `at=${performance.now()}`;
      await lab.kubectl('annotate', 'configmap', 'restless-a', '-n', namespace, '--overwrite', at);
    };
    const limit = lettingAfter(change);
    await nativeDriver(client, { limit }).uninstall(await prove('restless'));
    await close();
    expect(deletions).toHaveLength(4);
    expect([await isThere('configmap', 'restless-a'), await state('restless')]).toEqual([false, '']);
  });

  it('is the whole release, uninstalled and installed anew by somebody once it was marked: nothing of the new one goes', async () => {
    await install('reborn', configMap('a') + configMap('b'));
    let requests = 0;
    const limit = lettingAfter(async () => {
      requests += 1;
      if (requests !== 2) return; // the first is the mark
      await lab.helm('uninstall', 'reborn', '-n', namespace);
      await install('reborn', configMap('a') + configMap('b'));
    });
    const uninstalling = nativeDriver(lab.client, { limit }).uninstall(await prove('reborn'));
    await expect(uninstalling).rejects.toMatchObject({ code: 'OBJECTS_LEFT' });
    const left = await Promise.all(['a', 'b'].map((suffix) => isThere('configmap', `reborn-${suffix}`)));
    expect([...left, await state('reborn')]).toEqual([true, true, 'deployed']);
  });

  it('is what becomes of the claims of a StatefulSet: it stays where they are to stay', async () => {
    await install('claiming', statefulSet('a'));
    const request = { ...(await prove('claiming')), shouldKeepClaims: true };
    const change = '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete"}}}';
    await lab.kubectl('patch', 'statefulset', 'claiming-a', '-n', namespace, '--type=merge', '-p', change);
    await expect(nativeDriver(lab.client).uninstall(request)).rejects.toMatchObject({
      code: 'OBJECTS_LEFT',
      message: expect.stringContaining('it deletes its volume claims with itself by now'),
    });
    expect(await isThere('statefulset', 'claiming-a')).toBe(true);
    await nativeDriver(lab.client).uninstall({ ...(await prove('claiming')), shouldKeepClaims: false });
    expect(await isThere('statefulset', 'claiming-a')).toBe(false);
  });

  it('is the record: nothing is touched', async () => {
    await install('upgraded', configMap('a'));
    const request = await prove('upgraded');
    await lab.helm('upgrade', 'upgraded', await lab.chart(configMap('a')), '-n', namespace);
    const uninstalling = nativeDriver(lab.client).uninstall(request);
    await expect(uninstalling).rejects.toMatchObject({ name: 'UninstallError', code: 'RECORD_CHANGED' });
    expect([await isThere('configmap', 'upgraded-a'), await state('upgraded')]).toEqual([true, 'superseded deployed']);
  });

  it('is the record, which we may not write: nothing is touched all the same', async () => {
    await install('unwritable', configMap('a'));
    const user = 'no-updates';
    const verbs = ['get', 'list', 'delete'];
    await grant({ namespace, name: user, user, verbs, resources: ['secrets', 'configmaps'] });
    const request = await prove('unwritable');
    await lab.helm('upgrade', 'unwritable', await lab.chart(configMap('a')), '-n', namespace);
    const uninstalling = nativeDriver(lab.client).uninstall({ ...request, impersonate: user });
    await expect(uninstalling).rejects.toMatchObject({ name: 'UninstallError', code: 'RECORD_CHANGED' });
    expect(await isThere('configmap', 'unwritable-a')).toBe(true);
  });

  it('is that the release is gone: that is what is told', async () => {
    await install('raced', configMap('a'));
    const request = await prove('raced');
    await lab.helm('uninstall', 'raced', '-n', namespace);
    const uninstalling = nativeDriver(lab.client).uninstall(request);
    await expect(uninstalling).rejects.toMatchObject({ name: 'HelmError', code: 'HELM_RELEASE_NOT_FOUND' });
  });

  it('is a release of the same name that came after it: its record stays', async () => {
    await install('heir', configMap('a'));
    const request = await prove('heir');
    await lab.helm('uninstall', 'heir', '-n', namespace);
    await install('heir', configMap('a'));
    const uninstalling = nativeDriver(lab.client).uninstall(request);
    await expect(uninstalling).rejects.toMatchObject({ code: 'RECORD_CHANGED' });
    expect([await isThere('configmap', 'heir-a'), await state('heir')]).toEqual([true, 'deployed']);
  });
});

describe('the time of an attempt', () => {
  it('ends the waiting in the foreground; the record is still there to try again', async () => {
    await install('held', configMap('a', ', finalizers: [test.velotio.com/never]'));
    const request = await prove('held');
    const uninstalling = nativeDriver(lab.client).uninstall({ ...request, timeoutMs: 1_500, cascade: 'foreground' });
    await expect(uninstalling).rejects.toMatchObject({ code: 'UNINSTALL_TIMEOUT' });
    expect(await state('held')).toBe('uninstalling');
    const free = '{"metadata":{"finalizers":null}}';
    await lab.kubectl('patch', 'configmap', 'held-a', '-n', namespace, '--type=merge', '-p', free);
    await nativeDriver(lab.client).uninstall({ ...(await prove('held')), cascade: 'foreground' });
    expect([await isThere('configmap', 'held-a'), await state('held')]).toEqual([false, '']);
  });

  it('ends where it is told to stop, before anything is touched', async () => {
    await install('stopped', configMap('a'));
    const signal = AbortSignal.abort(new Error('enough'));
    const uninstalling = nativeDriver(lab.client).uninstall({ ...(await prove('stopped')), signal });
    await expect(uninstalling).rejects.toMatchObject({ code: 'UNINSTALL_CANCELLED' });
    expect([await isThere('configmap', 'stopped-a'), await state('stopped')]).toEqual([true, 'deployed']);
  });
});

describe('requests', () => {
  it('go kind after kind in Helm’s order, the record marked first and removed last', async () => {
    const template = configMap('a') + object('Secret', 'a') + object('ServiceAccount', 'a');
    await install('order', template + object('Service', 'a', '', 'spec: {ports: [{port: 80}]}\n'));
    const writes: string[] = [];
    const observe = ({ method, path }: RequestObservation): void => {
      if (method !== 'GET') writes.push(`${method} ${path.split('/').at(-2)}`);
    };
    const { client, close } = await observed(observe);
    await nativeDriver(client).uninstall(await prove('order'));
    await close();
    const deletions = ['services', 'configmaps', 'secrets', 'serviceaccounts', 'secrets'];
    expect(writes).toEqual(['PUT secrets', ...deletions.map((plural) => `DELETE ${plural}`)]);
  });

  it('in flight are bounded over all releases', async () => {
    const names = ['w0', 'w1', 'w2', 'w3'];
    const many = Array.from({ length: 6 }, (_one, at) => configMap(`m${at}`)).join('');
    for (const name of names) await install(name, many);
    const requests = await Promise.all(names.map((name) => prove(name)));
    let [inFlight, most] = [0, 0];
    const gate: RequestGate = async (send) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      return send().finally(() => {
        inFlight -= 1;
      });
    };
    const driver = nativeDriver(lab.client.through(gate), { limit: requestLimit(2) });
    await Promise.all(requests.map((one) => driver.uninstall(one)));
    expect(most).toBe(2);
    expect(await Promise.all(names.map(state))).toEqual(['', '', '', '']);
  });

  it('ask once more what whoever calls wants to know where they waited long for their turn', async () => {
    const names = ['late', 'soon'];
    for (const name of names) await install(name, configMap('a'));
    const limit = requestLimit(2);
    const asked: string[] = [];
    const driver = nativeDriver(lab.client, { limit });
    const uninstall = async (name: string): Promise<void> => {
      const recheck = async (): Promise<void> => void asked.push(name);
      await driver.uninstall({ ...(await prove(name)), recheck });
    };
    const busy = [1, 2].map(() => limit(() => delay(1_500)));
    await uninstall('late');
    await Promise.all(busy);
    await uninstall('soon');
    expect(asked).toEqual(['late']);
    expect(await Promise.all(names.map(state))).toEqual(['', '']);
  });

  it('wait as long as the server asks for, and then go on', async () => {
    await install('throttled', configMap('a') + configMap('b'));
    const { kubeconfig, testRoot: homeDir } = testCluster();
    await using proxy = await ChaosProxy.start({ kubeconfig });
    const { client, close } = await openClient({ kubeconfig: proxy.kubeconfig, homeDir });
    const request = await prove('throttled');
    proxy.faults.add({ ...tooManyRequests(1), forMs: 1_500 });
    await nativeDriver(client).uninstall(request);
    await close();
    expect(proxy.log.count({ status: 429 })).toBeGreaterThan(0);
    expect([await isThere('configmap', 'throttled-a'), await state('throttled')]).toEqual([false, '']);
  });
});
