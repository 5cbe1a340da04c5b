// An uninstall that is killed, at any moment: whichever driver comes after it, nothing is left, and nobody has to help.
import { resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkedUninstaller } from '../../src/uninstall/checked-uninstaller.ts';
import { helmDriver } from '../../src/uninstall/helm-driver.ts';
import { nativeDriver } from '../../src/uninstall/native-driver.ts';
import type { MortalNativeArguments } from '../support/mortal-native.ts';
import { ReleaseLab } from '../support/release-lab.ts';
import { soak } from '../support/soak.ts';
import { testCluster } from '../support/test-context.ts';

const run = soak('native-crash', { seconds: 120 });
const rounds = run.isFull ? 50 : 8;

const object = (kind: string, suffix: string, apiVersion = 'v1', rest = ''): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: "{{ .Release.Name }}-${suffix}"}\n${rest}---\n`;
const template =
  ['a', 'b', 'c'].map((suffix) => object('ConfigMap', suffix)).join('') +
  object('Secret', 'a') +
  object('ServiceAccount', 'a') +
  object('Role', 'a', 'rbac.authorization.k8s.io/v1') +
  object('Service', 'a', 'v1', 'spec: {ports: [{port: 80}]}\n');

let lab: ReleaseLab;
let namespace: string;
let chart: string;
beforeAll(async () => {
  lab = await ReleaseLab.open();
  namespace = await lab.namespace('mortal');
  chart = await lab.chart(template);
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

async function install(name: string): Promise<void> {
  await lab.helm('install', name, chart, '-n', namespace);
  await lab.helm('upgrade', name, chart, '-n', namespace);
}

/** Gives how many answers it had where it lived, undefined where it was killed. */
async function uninstallMortally(
  name: string,
  death?: NonNullable<MortalNativeArguments['death']>,
): Promise<number | undefined> {
  const { kubeconfig, testRoot: homeDir } = testCluster();
  const given: MortalNativeArguments = {
    kubeconfig,
    homeDir,
    namespace,
    name,
    ...(death === undefined ? {} : { death }),
  };
  const process = resolve(import.meta.dirname, '../support/mortal-native.ts');
  const { signal, exitCode, stdout, stderr } = await execa(
    globalThis.process.execPath,
    [process, JSON.stringify(given)],
    {
      reject: false,
    },
  );
  if (signal === 'SIGKILL') return undefined;
  expect(exitCode, stderr).toBe(0);
  return Number(stdout);
}

/** `configmap/r1-a`, and of a record its state: `record uninstalling`. */
async function leftOf(name: string): Promise<readonly string[]> {
  const kinds = 'configmaps,secrets,serviceaccounts,roles,services';
  const format = 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.labels.status}{"\\n"}{end}';
  const lines = (await lab.kubectl('get', kinds, '-n', namespace, '-o', format)).split('\n');
  const records = `Secret/sh.helm.release.v1.${name}.`;
  return lines
    .filter((line) => line.includes(`/${name}-`) || line.startsWith(records))
    .map((line) => (line.startsWith(records) ? `record ${line.split(' ')[1]}` : line.trim()));
}

it(`is ended by either driver, ${rounds} times`, { timeout: 600_000 }, async () => {
  await install('whole');
  const answers = await uninstallMortally('whole');
  if (answers === undefined) throw new Error('nobody was to kill it');
  expect(await leftOf('whole')).toEqual([]);
  const drivers = {
    helm: helmDriver(lab.newHelm()),
    native: nativeDriver(lab.client),
  };
  const found: Record<string, number> = {};
  for (let round = 0; round < rounds; round += 1) {
    const name = `r${round}`;
    await install(name);
    const death = { afterAnswers: run.between(Math.ceil(answers / 3), answers), delayMs: run.between(0, 3) };
    await uninstallMortally(name, death);
    const left = await leftOf(name);
    const by = run.pick<keyof typeof drivers>(['helm', 'native']);
    const next = checkedUninstaller({ client: lab.client, discovery: lab.discovery, driver: drivers[by] });
    const hasRecord = left.some((line) => line.startsWith('record '));
    const state = `${left.length} left, ${left.findLast((line) => line.startsWith('record ')) ?? 'no record'}`;
    found[state] = (found[state] ?? 0) + 1;
    if (hasRecord) await next.uninstall({ namespace, name, timeoutMs: 60_000 });
    await expect.poll(() => leftOf(name), { timeout: 20_000, message: `${state}, then ${by}` }).toEqual([]);
  }
  run.print(found);
});
