// Expired ways back are swept, and nothing else, on a real cluster.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { sweepUndo } from '../../../src/purge/restore/sweep-undo.ts';
import { undoSecretOf } from '../../../src/purge/restore/undo-secret.ts';
import { runNight } from '../../../src/purge/run-night.ts';
import { UndoWorld } from '../../support/undo-world.ts';

let corner: UndoWorld;
beforeAll(async () => {
  corner = await UndoWorld.open('sweep');
});
afterAll(async () => {
  await corner[Symbol.asyncDispose]();
});

/** In two hours: what is over then is over for nobody else on the shared cluster, and what others made lives longer. */
const later = { ...systemClock, now: () => systemClock.now() + 7_200_000 };
const over = new Date(systemClock.now() + 3_600_000).toISOString();
const times = { over, future: '2999-01-01T00:00:00Z', garbled: 'yesterday' };

const run = 'test-20261120200000-abcde';
const deps = (change: object = {}) => ({
  client: corner.lab.client,
  settings: { serviceAccount: undefined, undoRetentionMs: 604_800_000 },
  clock: later,
  ...change,
});

/** Undo Secrets by the name of their release, each with its time. */
async function place(namespace: string, times: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, expires] of Object.entries(times)) {
    const record = { namespace, name, revision: 1, labels: {} };
    const secret = undoSecretOf({ run, record, payload: 'AAAA', expiresAtMs: 0 });
    const annotations = { ...secret.metadata.annotations, 'purge.velotio.com/expires': expires };
    const timed = { ...secret, metadata: { ...secret.metadata, annotations } };
    await corner.lab.client.create(CoreResources.secrets, timed, { fieldManager: 'test' });
  }
}

/** In the order of their names. */
const left = async (namespace: string): Promise<readonly (string | undefined)[]> =>
  (await corner.undoSecrets(namespace)).map(({ metadata }) => metadata.labels?.['purge.velotio.com/release']);

describe('sweepUndo', () => {
  it('removes what has expired, whatever namespace it is in', async () => {
    const [a, b] = [await corner.namespace('a'), await corner.world.namespace('b', { isSelected: false })];
    await place(a, times);
    await place(b, { over });
    const { removed, warnings } = await sweepUndo(deps(), { namespaces: [a] });
    expect([removed, warnings]).toEqual([2, []]);
    expect([await left(a), await left(b)]).toEqual([['future', 'garbled'], []]);
  });

  it('removes one whose time cannot be read when it is as old as the policy says', async () => {
    const ns = await corner.namespace('old');
    await place(ns, times);
    const settings = { serviceAccount: undefined, undoRetentionMs: 7_200_001 };
    await sweepUndo(deps({ settings, clock: systemClock }), { namespaces: [ns] });
    expect(await left(ns)).toEqual(['future', 'garbled', 'over']);
    await sweepUndo(deps({ settings: { ...settings, undoRetentionMs: 3_600_000 } }), { namespaces: [ns] });
    expect(await left(ns)).toEqual(['future']);
  });

  it('leaves alone what only looks like one', async () => {
    const ns = await corner.namespace('alike');
    const annotations = { 'purge.velotio.com/expires': over };
    const labels = { 'purge.velotio.com/run': run, 'purge.velotio.com/release': 'shop' };
    for (const [name, type, ownLabels] of [
      ['other-type', 'Opaque', labels],
      ['no-release', 'purge.velotio.com/undo.v1', { 'purge.velotio.com/run': run }],
      ['no-label', 'purge.velotio.com/undo.v1', {}],
    ] as const) {
      const metadata = { name, namespace: ns, annotations, labels: ownLabels };
      const secret = { apiVersion: 'v1', kind: 'Secret', type, metadata };
      await corner.lab.client.create(CoreResources.secrets, secret, { fieldManager: 'test' });
    }
    await sweepUndo(deps(), { namespaces: [ns] });
    for (const name of ['other-type', 'no-release', 'no-label']) {
      expect(await corner.lab.exists('secret', name, '-n', ns), name).toBe(true);
    }
  });

  it("looks in the policy's namespaces where it may not look in all, and acts as the account there", async () => {
    const [mine, hidden] = [await corner.namespace('mine'), await corner.world.namespace('hidden')];
    await place(mine, { over });
    await place(hidden, { over });
    const user = await corner.lab.serviceAccount(
      mine,
      'operator',
      '\n  - {apiGroups: [""], resources: [secrets], verbs: [list]}\n  - {apiGroups: [""], resources: [serviceaccounts], resourceNames: [purger], verbs: [impersonate]}',
    );
    const client = corner.lab.client.impersonating(user);
    const listed = await sweepUndo(deps({ client }), { namespaces: [mine, hidden] });
    expect(listed.removed).toBe(0);
    expect(listed.warnings).toEqual([
      expect.stringContaining(`could not be looked for in namespace ${hidden}`),
      expect.stringContaining('1 expired undo Secrets could not be deleted'),
    ]);
    expect([await left(mine), await left(hidden)]).toEqual([['over'], ['over']]);
    const settings = { serviceAccount: 'purger', undoRetentionMs: 604_800_000 };
    const swept = await sweepUndo(deps({ settings }), { namespaces: [mine] });
    expect(swept.warnings).toEqual([]);
    expect(await left(mine)).toEqual([]);
  });

  it('is done by a night, which says so', async () => {
    const ns = await corner.namespace('night');
    await place(ns, times);
    const told: string[] = [];
    const tell = (message: string): void => void told.push(message);
    const log = { info: tell, warn: tell, error: tell };
    const matchLabels = { 'purge-test': corner.world.id, 'kubernetes.io/metadata.name': ns };
    const policy = corner.world.deps({ mode: 'Enforce', namespaceSelector: { matchLabels } });
    const lock = await corner.world.lock('night');
    const night = { ...policy, clock: later, records: corner.world.records(), log, lock };
    await runNight(night, new AbortController().signal);
    expect(told).toContain('expired undo copies removed');
    expect(await left(ns)).toEqual(['future', 'garbled']);
  });
});
