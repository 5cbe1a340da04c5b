// The way back is made before a release goes, by the real API server and helm: byte for byte, or the release stays.
import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { executePlan } from '../../../src/purge/execute/execute.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { makeUndo } from '../../../src/purge/restore/undo.ts';
import { undoDigest } from '../../../src/purge/restore/undo-secret.ts';
import { listReleases } from '../../../src/release/list-releases.ts';
import { proveStored } from '../../../src/uninstall/prove-stored.ts';
import { RememberedRun } from '../../support/remembered-run.ts';
import { testCluster } from '../../support/test-context.ts';
import { configMap } from '../../support/undo-charts.ts';
import { UndoWorld } from '../../support/undo-world.ts';

let corner: UndoWorld;
beforeAll(async () => {
  corner = await UndoWorld.open('undo');
});
afterAll(async () => {
  await corner[Symbol.asyncDispose]();
});

describe('the copy of a record', () => {
  it('is the record to the byte, with its labels, and lives as long as the policy says', async () => {
    const ns = await corner.namespace('copy');
    await corner.install(ns, 'shop', configMap(), '--labels', 'team=blue');
    const record = await corner.lab.record(ns, 'shop');
    const beforeMs = Date.now();
    const { run, report } = await corner.purge(ns, { spec: { undo: { retention: '36h' } } });

    const secret = await corner.undoSecret(ns);
    expect(secret.type).toBe('purge.velotio.com/undo.v1');
    expect(secret.data).toEqual(record.data);
    const { labels, annotations } = secret.metadata;
    expect(labels).toEqual({ 'purge.velotio.com/run': run.run, 'purge.velotio.com/release': 'shop' });
    expect(JSON.parse(annotations?.['purge.velotio.com/record-labels'] ?? '')).toEqual(record.metadata.labels);
    const livesMs = Date.parse(annotations?.['purge.velotio.com/expires'] ?? '') - beforeMs;
    expect(Math.round(livesMs / 3_600_000)).toBe(36);
    const undo = { secret: secret.metadata.name, revision: 1, digest: undoDigest(record.data?.release ?? '') };
    expect(run.notes).toEqual([{ namespace: ns, name: 'shop', ...undo }]);
    expect(report.outcomes).toEqual([expect.objectContaining({ result: 'purged', undo })]);
    expect(await corner.state(ns, 'shop')).toBeUndefined();
  });

  it('is seen by nobody who looks for releases, and in the way of nobody who installs one', async () => {
    const ns = await corner.namespace('unseen');
    await corner.install(ns, 'shop', configMap());
    await corner.purge(ns);
    expect(await corner.undoSecrets(ns)).toHaveLength(1);

    expect(await corner.lab.helm('list', '-n', ns, '-q', '--max', '0')).toBe('');
    await expect(corner.lab.helm('history', 'shop', '-n', ns)).rejects.toThrow('release: not found');
    expect(await listReleases(corner.lab.client, { namespace: ns })).toEqual({ releases: [], rejected: [] });
    await corner.lab.helm('install', 'shop', await corner.lab.chart(configMap()), '-n', ns);
    expect(await corner.state(ns, 'shop')).toBe('1 deployed');
  });

  it('is made once by one run, and again by another', async () => {
    const ns = await corner.namespace('again');
    await corner.install(ns, 'shop', configMap());
    const { client, discovery } = corner.lab;
    const { settings } = corner.world.deps({ serviceAccount: 'purger' });
    const deps = { client, settings, clock: systemClock, notes: new RememberedRun() };
    const release = { namespace: ns, name: 'shop' };
    const proven = await proveStored({ client, discovery }, { ...release, timeoutMs: 60_000 });
    const first = await makeUndo(deps, { ...release, proven });
    expect(first).toMatchObject({ note: { name: 'shop', revision: 1 } });
    const { resourceVersion } = (await corner.undoSecret(ns)).metadata;
    expect(await makeUndo(deps, { ...release, proven })).toEqual(first);
    expect((await corner.undoSecret(ns)).metadata.resourceVersion).toBe(resourceVersion);
    await makeUndo({ ...deps, notes: new RememberedRun() }, { ...release, proven });
    expect(await corner.undoSecrets(ns)).toHaveLength(2);
  });

  it('is not made of what is not what was planned', async () => {
    const ns = await corner.namespace('other');
    await corner.install(ns, 'shop', configMap());
    const deps = { ...corner.world.deps({ serviceAccount: 'purger' }), recorder: new RememberedRun() };
    const plan = await makePlan(deps, { namespaces: [ns] });
    await corner.install(ns, 'shop', configMap(), '--set', 'a=2');
    expect((await executePlan(deps, plan)).outcomes).toEqual([
      expect.objectContaining({ result: 'skipped', reason: 'it was touched since the plan' }),
    ]);
    expect(await corner.undoSecrets(ns)).toEqual([]);
  });

  it('fits where the record is nearly as large as a Secret may be', async () => {
    const ns = await corner.namespace('large');
    const dir = await mkdtemp(join(testCluster().testRoot, 'values-'));
    const values = join(dir, 'values.yaml');
    await writeFile(values, `blob: ${randomBytes(735_000).toString('base64')}\n`);
    await corner.install(ns, 'shop', configMap(), '-f', values);
    const record = await corner.lab.record(ns, 'shop');
    const bytes = Buffer.from(record.data?.release ?? '', 'base64').length;
    expect(bytes).toBeGreaterThan(980_000);
    const { run, report } = await corner.purge(ns);
    expect(report.counts).toMatchObject({ purged: 1, failed: 0 });
    expect((await corner.undoSecret(ns)).data).toEqual(record.data);
    expect(await corner.restore(run)).toEqual([expect.objectContaining({ result: 'restored', newRevision: 2 })]);
  });
});

describe('without a copy nothing is deleted', () => {
  const untouched = async (ns: string): Promise<void> => {
    expect(await corner.state(ns, 'shop')).toBe('1 deployed');
    expect(await corner.lab.exists('configmap', 'shop', '-n', ns)).toBe(true);
  };

  it('where the account may not create Secrets', async () => {
    const rules = '\n  - {apiGroups: [""], resources: [secrets, configmaps], verbs: [get, list, update, delete]}';
    const ns = await corner.namespace('norights', rules);
    await corner.install(ns, 'shop', configMap());
    const { run, report } = await corner.purge(ns);
    expect(report.outcomes).toEqual([
      expect.objectContaining({
        result: 'failed',
        code: 'UNDO_NOT_WRITTEN',
        record: 'left',
        message: expect.stringContaining('left alone'),
        remedy: expect.stringContaining('create on secrets'),
      }),
    ]);
    expect(run.notes).toEqual([]);
    await untouched(ns);
  });

  it('where a quota has no room for it', async () => {
    const ns = await corner.namespace('quota');
    await corner.install(ns, 'shop', configMap());
    const count = (await corner.lab.client.list(CoreResources.secrets, { namespace: ns })).items.length;
    await corner.lab.kubectl('create', 'quota', 'full', `--hard=count/secrets=${count}`, '-n', ns);
    await expect
      .poll(() => corner.lab.kubectl('get', 'quota', 'full', '-n', ns, '-o', 'jsonpath={.status.used}'))
      .toContain(`${count}`);
    const { report } = await corner.purge(ns);
    expect(report.outcomes).toEqual([
      expect.objectContaining({ code: 'UNDO_NOT_WRITTEN', message: expect.stringContaining('exceeded quota') }),
    ]);
    await untouched(ns);
  });

  it('where it cannot be noted', async () => {
    const ns = await corner.namespace('unnoted');
    await corner.install(ns, 'shop', configMap());
    const run = new RememberedRun();
    run.noteUndo = () => Promise.reject(new Error('the disk is full'));
    const { report } = await corner.purge(ns, { run });
    expect(report.outcomes).toEqual([
      expect.objectContaining({ code: 'UNDO_NOT_WRITTEN', message: expect.stringContaining('the disk is full') }),
    ]);
    await untouched(ns);
  });

  it('where something else has its name', async () => {
    const ns = await corner.namespace('taken');
    await corner.install(ns, 'shop', configMap());
    const run = new RememberedRun();
    await corner.lab.kubectl('create', 'secret', 'generic', `undo.shop.${run.run}`, '-n', ns);
    const { report } = await corner.purge(ns, { run });
    expect(report.outcomes).toEqual([
      expect.objectContaining({ code: 'UNDO_NOT_WRITTEN', message: expect.stringContaining('it is not this copy') }),
    ]);
    await untouched(ns);
  });
});
