import { expect, it } from 'vitest';
import type { Release, ReleaseHook } from '../../../src/release/decode.ts';
import { chosenDriver, type DriverMode } from '../../../src/uninstall/choose-driver.ts';
import type { DriverChoice } from '../../../src/uninstall/proven-uninstaller.ts';
import { parseContent } from '../../../src/uninstall/record-trust.ts';
import { exampleRelease } from '../../support/example-release.ts';

const preDelete: ReleaseHook = { name: 'clean', kind: 'Job', manifest: '', events: ['pre-delete'] };
const claim = 'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n';
const release = (hooks: readonly ReleaseHook[], manifest: string): Release => exampleRelease({ hooks, manifest });

/** Who did it, and what was told. */
async function uninstall(
  mode: DriverMode,
  hooks: readonly ReleaseHook[] = [],
  { manifest = '', shouldKeepClaims = false } = {},
) {
  const done: string[] = [];
  const told: DriverChoice[] = [];
  const driver = chosenDriver(mode, {
    helm: { driver: 'helm', uninstall: async ({ name }) => void done.push(`helm ${name}`) },
    native: {
      driver: 'native',
      uninstall: async ({ name, onDriver }) => {
        onDriver?.({ driver: 'native' });
        done.push(`native ${name}`);
      },
    },
  });
  const content = parseContent(release(hooks, manifest));
  await driver.uninstall({
    namespace: 'team-a',
    name: 'shop',
    timeoutMs: 1_000,
    shouldKeepClaims,
    proven: {
      content,
      live: [],
      recordsDigest: undefined,
      latestSecret: undefined,
      deployedSecret: undefined,
      records: [],
    },
    onDriver: (choice) => told.push(choice),
  });
  return { driver: driver.driver, done, told };
}

it('takes native by itself where that covers the release', async () => {
  expect(await uninstall('auto')).toEqual({ driver: 'auto', done: ['native shop'], told: [{ driver: 'native' }] });
});

it('takes helm by itself where native does not, and says why', async () => {
  const told = [{ driver: 'helm', why: 'it has a "pre-delete hook Job/clean"' }];
  expect(await uninstall('auto', [preDelete])).toEqual({ driver: 'auto', done: ['helm shop'], told });
});

it('takes helm for all where it is told to, with nothing to explain', async () => {
  expect(await uninstall('helm')).toEqual({ driver: 'helm', done: ['helm shop'], told: [{ driver: 'helm' }] });
});

it('takes native for all where it is told to: what that leaves to helm is for native to refuse', async () => {
  expect(await uninstall('native', [preDelete])).toMatchObject({ driver: 'native', done: ['native shop'] });
});

it('gives no release to helm that has a volume claim which is to stay', async () => {
  const code = 'VOLUME_AT_RISK';
  const atRisk = { manifest: claim, shouldKeepClaims: true };
  await expect(uninstall('helm', [], atRisk)).rejects.toMatchObject({ code });
  await expect(uninstall('auto', [preDelete], atRisk)).rejects.toMatchObject({ code });
  expect(await uninstall('auto', [], atRisk)).toMatchObject({ done: ['native shop'] });
  const manifest = claim.replace('name: data', 'name: data, annotations: {helm.sh/resource-policy: keep}');
  expect(await uninstall('helm', [], { manifest, shouldKeepClaims: true })).toMatchObject({ done: ['helm shop'] });
});
