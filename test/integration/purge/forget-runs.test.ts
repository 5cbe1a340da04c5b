// Old records on a real API server and in files: what the history limits leave over goes after a run, and nothing else.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PurgeRun } from '../../../src/api/v1alpha1/purge-run.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import type { ExecuteDeps } from '../../../src/purge/execute/execute.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import type { RunRecords } from '../../../src/purge/record/begin-record.ts';
import { executeRecorded } from '../../../src/purge/record/record-run.ts';
import { assembleReport, type PurgeReport } from '../../../src/purge/record/report.ts';
import { ReportFile } from '../../../src/purge/record/report-file.ts';
import { purgeRuns } from '../../../src/purge/record/run-object.ts';
import type { RunStart } from '../../../src/purge/record/run-record.ts';
import { established, kubectl } from '../../support/operator-run.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { exampleNote, examplePlan, exampleStart } from '../../support/run-examples.ts';
import { testCluster } from '../../support/test-context.ts';

type StoredPurgeRun = PurgeRun & KubeObject;

const cluster = testCluster();
let world: PurgeWorld;

beforeAll(async () => {
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/velotio.com_purgeruns.yaml');
  await established('purgeruns.velotio.com');
  world = await PurgeWorld.open('forget', cluster);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

async function runsOf(policy: string): Promise<readonly StoredPurgeRun[]> {
  const { items } = await world.client.list<StoredPurgeRun>(purgeRuns);
  return items.filter(({ spec }) => spec.policy === policy);
}

async function recorded(deps: ExecuteDeps, records: RunRecords): Promise<PurgeReport> {
  return executeRecorded({ ...deps, records }, await makePlan(deps));
}

it('history limits leave the newest of each kind, and what can still be brought back', async () => {
  const policy = `${world.id}-history`;
  const make = async (name: string, status: PurgeRun['status']): Promise<void> => {
    const head = { apiVersion: 'velotio.com/v1alpha1', kind: 'PurgeRun' };
    const metadata = { name: `${policy}-${name}` };
    await world.client.create(purgeRuns, { ...head, metadata, spec: { policy } }, { fieldManager: 'test' });
    await world.client.merge(
      purgeRuns,
      { status },
      { name: metadata.name, subresource: 'status', fieldManager: 'test' },
    );
  };
  const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
  const over = (days: number) => ({ startedAt: ago(days), completedAt: ago(days) });
  const undo = { 'team-a/shop': `1 undo-shop sha256:${'a'.repeat(64)}` };
  await make('old', { phase: 'Succeeded', ...over(2) });
  await make('older', { phase: 'Succeeded', ...over(3) });
  await make('back', { phase: 'Succeeded', ...over(4), undo });
  await make('past', { phase: 'Succeeded', ...over(8), undo });
  await make('failed', { phase: 'Failed', ...over(5) });
  await make('blocked', { phase: 'Blocked', ...over(6) });
  await make('running', { phase: 'Running', startedAt: ago(9) });
  await make('asked', {});
  const deps = world.deps({ successfulRunsHistoryLimit: 2, failedRunsHistoryLimit: 1, exclude: ['*'] });
  const named = { ...deps, settings: { ...deps.settings, policyName: policy } };
  const told: string[] = [];
  const { run } = await recorded(named, world.records({}, told));
  const left = (await runsOf(policy)).map(({ metadata }) => metadata.name.replace(`${policy}-`, ''));
  expect(left.sort()).toEqual([run.replace(`${policy}-`, ''), 'asked', 'back', 'failed', 'old', 'running'].sort());
  expect(told).toEqual([]);
  for (const { metadata } of await runsOf(policy)) await world.client.delete(purgeRuns, { name: metadata.name });
});

it('report files are forgotten by the same limits, counted apart; what may be brought back, is not over or is another’s stays', async () => {
  const directory = join(cluster.testRoot, 'history', world.id);
  const client = world.client.impersonating(`${world.id}-forgetful`); // who may make no PurgeRun
  const policy = `${world.id}-files`;
  const dayMs = 86_400_000;
  const make = async (
    run: string,
    daysAgo: number,
    rest: Partial<RunStart['plan']> & { undo?: boolean; isOver?: boolean },
  ) => {
    const { undo = false, isOver = true, ...plan } = rest;
    const startedAtMs = Date.now() - daysAgo * dayMs;
    const whole = { ...examplePlan, policy, server: world.client.server, ...plan };
    const record = { start: { ...exampleStart, run, plan: whole, startedAtMs }, nowMs: startedAtMs, outcomes: [] };
    const report = assembleReport({ ...record.start, outcomes: [], durationMs: 0 });
    const notes = undo ? [exampleNote('a')] : [];
    await new ReportFile(join(directory, `${run}.json`)).begin({
      ...record,
      undo: notes,
      ...(isOver ? { report } : {}),
    });
  };
  await make('old', 2, {});
  await make('older', 3, {});
  await make('back', 4, { undo: true });
  await make('past', 8, { undo: true });
  await make('running', 9, { isOver: false });
  await make('of-another', 9, { policy: `${policy}-2` });
  await make('elsewhere', 9, { server: 'https://10.9.9.9:6443' });
  await writeFile(join(directory, 'notes.json'), '{}');
  const deps = world.deps({ successfulRunsHistoryLimit: 2, exclude: ['*'] });
  const named = { ...deps, settings: { ...deps.settings, policyName: policy } };
  const told: string[] = [];
  const { run } = await recorded(named, world.records({ client, directory }, told));
  const left = ['back', 'elsewhere', 'notes', 'of-another', 'old', 'running', run];
  expect((await readdir(directory)).sort()).toEqual(left.map((name) => `${name}.json`).sort());
  expect(told).toEqual([expect.stringContaining('cannot create resource "purgeruns"')]);
});
