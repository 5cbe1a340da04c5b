// Runs whose worker died, on a real API server and in files: the next run under the same Lease says so, and of no other.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PurgeRun } from '../../../src/api/v1alpha1/purge-run.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { beginRecord, type RunRecords } from '../../../src/purge/record/begin-record.ts';
import { readRun } from '../../../src/purge/record/read-run.ts';
import { executeRecorded } from '../../../src/purge/record/record-run.ts';
import { purgeRuns } from '../../../src/purge/record/run-object.ts';
import { fileOf, type RunFile } from '../../../src/purge/record/run-record.ts';
import { established, kubectl } from '../../support/operator-run.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { exampleNote, exampleOutcomes, examplePlan, exampleStart } from '../../support/run-examples.ts';
import { testCluster } from '../../support/test-context.ts';

type StoredPurgeRun = PurgeRun & KubeObject;

const cluster = testCluster();
let world: PurgeWorld;

beforeAll(async () => {
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/velotio.com_purgeruns.yaml');
  await established('purgeruns.velotio.com');
  world = await PurgeWorld.open('dead', cluster);
});
afterAll(async () => {
  const { items } = await world.client.list<StoredPurgeRun>(purgeRuns);
  for (const { metadata, spec } of items) {
    if (spec.policy.startsWith(world.id)) await world.client.delete(purgeRuns, { name: metadata.name });
  }
  await world[Symbol.asyncDispose]();
});

const stored = (name: string): Promise<StoredPurgeRun | undefined> =>
  world.client.find<StoredPurgeRun>(purgeRuns, { name });
const elsewhere = '7.100.aaaaaaaaaaaa.bbbbbbbbbbbb';
const leaseOf = (namespace: string, identity: string) => ({ key: `${namespace}/bookstore-operator-purge`, identity });

/** A run that begins, notes a way back, and is heard of no more. */
async function begun(records: Partial<RunRecords>, policy = world.id): Promise<string> {
  const recorder = await beginRecord(world.records({ process: elsewhere, ...records }), {
    plan: { ...examplePlan, policy, server: world.client.server },
    serviceAccount: undefined,
    undoRetentionMs: 1_000,
    driver: 'helm',
    concurrency: 1,
  });
  await recorder.noteUndo(exampleNote('api'));
  return recorder.run;
}

/** A whole run of nothing. */
async function next(records: Partial<RunRecords>, told: string[] = []): Promise<string> {
  const deps = world.deps({ exclude: ['*'] });
  const report = await executeRecorded({ ...deps, records: world.records(records, told) }, await makePlan(deps));
  return report.run;
}

it('a run under the Lease that the next one holds is ended, whatever its policy, and can still be brought back', async () => {
  const lock = leaseOf(world.id, 'us');
  const ours = await begun({ lock: leaseOf(world.id, 'them'), worker: 'killed_9' }, `${world.id}-other`);
  const told: string[] = [];
  const by = await next({ lock }, told);
  const ending =
    'its worker killed_9 died: 0 of 4 outcomes were recorded; look at the 4 without one: each may be gone, half gone or untouched; begun of these: team-a/api';
  expect(told).toEqual([`${ours}: ${ending}`]);
  expect(await stored(ours)).toMatchObject({
    status: {
      phase: 'Failed',
      stoppedBy: 'interrupted',
      completedAt: expect.any(String),
      conditions: [{ type: 'Failed', status: 'True', reason: 'WorkerDied', message: ending }],
    },
  });
  const sources = { client: world.client, directory: world.runsDirectory };
  expect((await readRun(sources, ours)).undo).toEqual([exampleNote('api')]);
  expect((await stored(by))?.status?.phase).toBe('Succeeded');
});

it.each<[string, Partial<RunRecords>, Partial<RunRecords>]>([
  ['under another Lease', { lock: leaseOf('another-operator', 'them') }, { lock: leaseOf('ours', 'us') }],
  ['where the next holds none', { lock: leaseOf('a-third', 'them') }, {}],
  ['without a Lease, of an unknown process', {}, { lock: leaseOf('ours', 'us') }],
])('a run %s is left alone: it may be alive', async (_what, itsOwn, theNext) => {
  const run = await begun(itsOwn);
  const before = await stored(run);
  const told: string[] = [];
  await next(theNext, told);
  expect(told).toEqual([]);
  expect(await stored(run)).toEqual(before);
});

it('one that was given up for dead and lives says in the end what became of it', async () => {
  const records = world.records({ lock: leaseOf(world.id, 'slow'), process: elsewhere });
  const deps = world.deps({ exclude: ['*'] });
  const plan = await makePlan(deps);
  const recorder = await beginRecord(records, {
    plan,
    serviceAccount: undefined,
    undoRetentionMs: 1_000,
    driver: 'helm',
    concurrency: 1,
  });
  await next({ lock: leaseOf(world.id, 'quick') });
  expect((await stored(recorder.run))?.status?.phase).toBe('Failed');
  const over = { ...exampleStart, run: recorder.run, plan };
  const { record: _record, ...report } = fileOf({ start: over, nowMs: Date.now(), outcomes: [], undo: [] });
  await recorder.finish(report);
  expect((await stored(recorder.run))?.status).toMatchObject({
    phase: 'Succeeded',
    conditions: [{ type: 'Complete', reason: 'RunComplete' }],
  });
  expect((await stored(recorder.run))?.status?.stoppedBy).toBeUndefined();
});

it('a file is ended as well, of the same server alone', async () => {
  const lock = leaseOf(world.id, 'us');
  const start = { ...exampleStart, hold: { lock: `${lock.key} them`, process: elsewhere } };
  const plan = { ...examplePlan, server: world.client.server };
  const made = (run: string, server = plan.server): RunFile =>
    fileOf({
      start: { ...start, run, plan: { ...plan, server } },
      nowMs: exampleStart.startedAtMs + 4_000,
      outcomes: exampleOutcomes.slice(0, 1),
      undo: [exampleNote('api')],
    });
  await mkdir(world.runsDirectory, { recursive: true });
  const path = (run: string): string => join(world.runsDirectory, `${run}.json`);
  const read = async (run: string): Promise<RunFile> => JSON.parse(await readFile(path(run), 'utf8')) as RunFile;
  const files = [made('here'), made('there', 'https://10.9.9.9:6443')];
  for (const file of files) await writeFile(path(file.run), JSON.stringify(file));
  await next({ lock });
  expect(await read('here')).toMatchObject({
    stoppedBy: 'interrupted',
    counts: { purged: 1 },
    record: { phase: 'Failed', ending: expect.stringContaining('1 of 4 outcomes'), undo: [exampleNote('api')] },
  });
  expect(await read('there')).toEqual(files[1]);
});
