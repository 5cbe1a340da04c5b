// Each release twice, uninstalled once by helm and once natively: what is left is the same, but where docs/uninstall.md says so.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodedError } from '../../../src/lib/coded-error.ts';
import { checkedUninstaller } from '../../../src/uninstall/checked-uninstaller.ts';
import { chosenDriver } from '../../../src/uninstall/choose-driver.ts';
import { helmDriver } from '../../../src/uninstall/helm-driver.ts';
import { nativeDriver } from '../../../src/uninstall/native-driver.ts';
import type { DriverChoice } from '../../../src/uninstall/proven-uninstaller.ts';
import { type Case, cases, customResource, type Ended, unfinalize } from '../../support/differential/cases.ts';
import { type EndState, endStateOf, type Place } from '../../support/differential/end-state.ts';
import { ReleaseLab } from '../../support/release-lab.ts';

let lab: ReleaseLab;
let places: { readonly helm: Omit<Place, 'name'>; readonly native: Omit<Place, 'name'> };
beforeAll(async () => {
  lab = await ReleaseLab.open();
  const [helm, native, elsewhereOfHelm, elsewhereOfNative] = await Promise.all(
    ['by-helm', 'by-native', 'away-helm', 'away-native'].map((prefix) => lab.namespace(prefix)),
  );
  if (helm === undefined || native === undefined) throw new Error('no namespaces');
  places = {
    helm: { namespace: helm, elsewhere: elsewhereOfHelm ?? '' },
    native: { namespace: native, elsewhere: elsewhereOfNative ?? '' },
  };
});
afterAll(async () => {
  for (const { namespace } of Object.values(places)) await unfinalize(lab, namespace);
  await lab[Symbol.asyncDispose]();
});

interface Outcome {
  readonly ended: Ended;
  readonly state: () => Promise<EndState>;
}

/** Makes it, does to it what the case says, and uninstalls it. */
async function play(by: 'helm' | 'native', one: Case, name: string): Promise<Outcome> {
  const place = { ...places[by], name };
  const { namespace, elsewhere } = place;
  const template = one.template.replaceAll('ELSEWHERE', elsewhere);
  const make = one.install ?? ((_lab, _place, chart) => lab.helm('install', name, chart, '-n', namespace));
  await make(lab, place, await lab.chart(template));
  const user = await one.user?.(lab, place);
  await one.meanwhile?.(lab, place);
  const request = {
    namespace,
    name,
    timeoutMs: 60_000,
    ...(user === undefined ? {} : { impersonate: user }),
    ...(one.cascade === undefined ? {} : { cascade: one.cascade }),
  };
  const native = checkedUninstaller({ client: lab.client, discovery: lab.discovery, driver: nativeDriver(lab.client) });
  const { allowedKinds = [] } = one;
  const ended = await endOf(
    by === 'helm'
      ? helmDriver(lab.newHelm(one.helm)).uninstall(request)
      : native.uninstall({ ...request, allowedKinds }),
  );
  return { ended, state: () => endStateOf(lab, place, one.kinds) };
}

async function endOf(uninstall: Promise<unknown>): Promise<Ended> {
  try {
    await uninstall;
    return 'done';
  } catch (error) {
    if (error instanceof CodedError) return String(error.code);
    throw error;
  }
}

async function expectSame(one: Case, name: string): Promise<void> {
  const { helm: byHelm, native: byNative } = one.ends ?? { helm: 'done', native: 'done' };
  const [helm, native] = await Promise.all([play('helm', one, name), play('native', one, name)]);
  expect({ helm: helm.ended, native: native.ended }).toEqual({ helm: byHelm, native: byNative });
  // what is deleted in the background takes its time
  const left = async () => ({ helm: (await helm.state()).left, native: (await native.state()).left });
  await expect.poll(left, { timeout: 30_000 }).toEqual({ helm: one.left, native: one.nativeLeft ?? one.left });
  if (one.nativeLeft === undefined) {
    expect((await native.state()).content, 'to the letter').toEqual((await helm.state()).content);
  }
}

it.each(cases.map((one, index) => ({ ...one, id: `r${index}` })))('$name', async ({ id, ...one }) => {
  await expectSame(one, id);
});

describe('custom resources', () => {
  it('go as others do', async () => {
    const { group, remove } = await lab.widgetKind('diff');
    const template = customResource('w').replaceAll('GROUP', group);
    await expectSame({ name: '', template, kinds: { [group]: ['Widget'] }, left: [] }, 'custom');
    await remove();
  });

  it('of a kind that is gone: helm leaves all and marks the record, we leave that as well (P2)', async () => {
    const { group, remove } = await lab.widgetKind('diff-gone');
    const template = `${customResource('w').replaceAll('GROUP', group)}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-a"}\n`;
    let removed: Promise<unknown> | undefined;
    const both = Promise.withResolvers<void>();
    let installed = 0;
    const one: Case = {
      name: '',
      template,
      meanwhile: async () => {
        installed += 1;
        if (installed === 2) both.resolve();
        await both.promise;
        removed ??= remove();
        await removed;
      },
      helm: { isFresh: true },
      ends: { helm: 'HELM_FAILED', native: 'KIND_NOT_SERVED' },
      left: ['ConfigMap a', 'record 1 uninstalling'],
      nativeLeft: ['ConfigMap a', 'record 1 deployed'],
    };
    await expectSame(one, 'kindless');
  });
});

describe('delete hooks', () => {
  const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-a"}\n---\n';
  const hook = configMap.replace('-a"', '-hook", annotations: {helm.sh/hook: pre-delete}');

  it('are nothing for native, which touches nothing then', async () => {
    const { namespace } = places.native;
    await lab.helm('install', 'hooked', await lab.chart(configMap + hook), '-n', namespace);
    const native = checkedUninstaller({
      client: lab.client,
      discovery: lab.discovery,
      driver: nativeDriver(lab.client),
    });
    const request = { namespace, name: 'hooked', timeoutMs: 60_000, mayRunDeleteHooks: true };
    expect(await endOf(native.uninstall(request))).toBe('NATIVE_NOT_COVERED');
    const { left } = await endStateOf(lab, { ...places.native, name: 'hooked' });
    expect(left).toEqual(['ConfigMap a', 'record 1 deployed']);
  });

  it('run where the driver is chosen for each release: by helm, which is told', async () => {
    const { namespace } = places.native;
    const told: DriverChoice[] = [];
    const driver = chosenDriver('auto', { native: nativeDriver(lab.client), helm: helmDriver(lab.newHelm()) });
    const auto = checkedUninstaller({ client: lab.client, discovery: lab.discovery, driver });
    await auto.uninstall({
      namespace,
      name: 'hooked',
      timeoutMs: 60_000,
      mayRunDeleteHooks: true,
      onDriver: (choice) => told.push(choice),
    });
    expect(told).toEqual([{ driver: 'helm', why: 'it has a "pre-delete hook ConfigMap/hooked-hook"' }]);
    const { left } = await endStateOf(lab, { ...places.native, name: 'hooked' });
    expect(left).toEqual(['ConfigMap hook']);
  });
});
