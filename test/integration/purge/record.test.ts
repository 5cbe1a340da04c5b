// The record of a run on a real API server: begun before the first deletion, kept up meanwhile, finished, forgotten in time.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PURGE_RUN_WORKER_ANNOTATION, type PurgeRun, PurgeRunBound } from '../../../src/api/v1alpha1/purge-run.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { openClient } from '../../../src/kube/open-client.ts';
import { whoAmI } from '../../../src/kube/self-review.ts';
import type { ExecuteDeps } from '../../../src/purge/execute/execute.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { beginRecord, type RunRecords } from '../../../src/purge/record/begin-record.ts';
import { listRuns, readRun } from '../../../src/purge/record/read-run.ts';
import { executeRecorded } from '../../../src/purge/record/record-run.ts';
import type { PurgeReport } from '../../../src/purge/record/report.ts';
import { purgeReportSchema } from '../../../src/purge/record/report-schema.ts';
import { purgeRuns } from '../../../src/purge/record/run-object.ts';
import type { RunFile } from '../../../src/purge/record/run-record.ts';
import type { UndoNote } from '../../../src/purge/record/run-recorder.ts';
import { runNight } from '../../../src/purge/run-night.ts';
import type { ReleaseUninstaller, UninstallRequest } from '../../../src/uninstall/uninstaller.ts';
import { serverError } from '../../support/chaos/fault.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { established, kubectl } from '../../support/operator-run.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { examplePlan } from '../../support/run-examples.ts';
import { testCluster } from '../../support/test-context.ts';

type StoredPurgeRun = PurgeRun & KubeObject;

const cluster = testCluster();
/** Below a file there is no directory. */
const nowhere = join(cluster.kubeconfig, 'runs');
let world: PurgeWorld;

beforeAll(async () => {
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/velotio.com_purgeruns.yaml');
  await established('purgeruns.velotio.com');
  world = await PurgeWorld.open('record', cluster);
});
afterAll(async () => {
  for (const { metadata } of await runsOf(`${world.id}`)) await world.client.delete(purgeRuns, { name: metadata.name });
  await world[Symbol.asyncDispose]();
});

/** A policy that sees one namespace of the corner alone. */
const only = (namespace: string) => ({
  namespaceSelector: { matchLabels: { 'purge-test': world.id, 'kubernetes.io/metadata.name': namespace } },
});

async function runsOf(policy: string): Promise<readonly StoredPurgeRun[]> {
  const { items } = await world.client.list<StoredPurgeRun>(purgeRuns);
  return items.filter(({ spec }) => spec.policy === policy);
}

const stored = (name: string): Promise<StoredPurgeRun | undefined> =>
  world.client.find<StoredPurgeRun>(purgeRuns, { name });

/** The real driver with something around it. */
function wrapped(
  around: (request: UninstallRequest, real: ReleaseUninstaller) => Promise<unknown>,
): ReleaseUninstaller {
  const real = world.uninstaller();
  const uninstall = async (request: UninstallRequest): Promise<undefined> => {
    await around(request, real);
  };
  return { driver: 'helm', uninstall };
}

/** A user of the cluster with these rights on PurgeRuns. */
async function user(name: string, ...rules: readonly (readonly [verbs: string, resource: string])[]) {
  const full = `${world.id}-${name}`;
  for (const [index, [verbs, resource]] of rules.entries()) {
    const role = `${full}-${index}`;
    await kubectl('create', 'clusterrole', role, `--verb=${verbs}`, `--resource=${resource}`);
    await kubectl('create', 'clusterrolebinding', role, `--clusterrole=${role}`, `--user=${full}`);
  }
  const forget = async (): Promise<void> => {
    const roles = rules.map((_, index) => `${full}-${index}`);
    if (roles.length > 0) await kubectl('delete', 'clusterrole,clusterrolebinding', ...roles);
  };
  return { client: world.client.impersonating(full), forget };
}

async function recorded(deps: ExecuteDeps, records: RunRecords): Promise<PurgeReport> {
  return executeRecorded({ ...deps, records }, await makePlan(deps));
}

const note = (name: string, secret = `undo-${name}`): UndoNote => ({
  namespace: 'team-a',
  namespaceUid: 'ns-a',
  name,
  revision: 1,
  secret,
  digest: `sha256:${'a'.repeat(64)}`,
});
const begin = (records: RunRecords) =>
  beginRecord(records, {
    plan: { ...examplePlan, policy: world.id, server: world.client.server },
    serviceAccount: 'purger',
    undoRetentionMs: 1_000,
    driver: 'helm',
    concurrency: 1,
  });

describe('a PurgeRun', () => {
  it('is there, as somebody’s already, before the first release goes, and says in the end what became of each', async () => {
    const ns = await world.namespace('whole');
    await Promise.all(['a', 'bad', 'pinned'].map((name) => world.install(ns, name)));
    await world.patchNamespace(ns, { annotations: { 'keep.purge.velotio.com/pinned': 'true' } });
    const account = ['--clusterrole=admin', `--serviceaccount=${ns}:purger`];
    await kubectl('create', 'rolebinding', 'purger', '-n', ns, ...account);
    const seen: (StoredPurgeRun | undefined)[] = [];
    const uninstaller = wrapped(async (request, real) => {
      seen.push((await runsOf(world.id)).find(({ spec }) => spec.namespaces?.includes(ns)));
      if (request.name === 'bad') throw new Error('helm says no');
      const { impersonate: _, ...asAdmin } = request;
      await real.uninstall(asAdmin);
    });
    const told: string[] = [];
    const origin = { uid: 'policy-uid', generation: 7 };
    const report = await recorded(
      world.deps({ ...only(ns), serviceAccount: 'purger', concurrency: 1 }, uninstaller),
      world.records({ origin, namespaces: [ns] }, told),
    );
    expect(seen).toHaveLength(2);
    expect(seen[0]).toMatchObject({
      metadata: { name: report.run, annotations: { [PURGE_RUN_WORKER_ANNOTATION]: 'test_1' } },
      spec: { policy: world.id, namespaces: [ns] },
      status: {
        phase: 'Running',
        requestedBy: 'somebody',
        worker: 'test_1',
        serviceAccount: 'purger',
        policy: origin,
        planned: { purge: 2, keep: 1, namespaces: 1 },
      },
    });
    const run = await stored(report.run);
    expect(run?.status).toMatchObject({
      phase: 'Failed',
      counts: { purged: 1, failed: 1, skipped: 0, notStarted: 0, kept: 1 },
      outcomes: [
        { name: 'bad', result: 'failed', code: 'UNEXPECTED', message: 'helm says no' },
        { name: 'a', result: 'purged', chart: 'tiny-0.1.0' },
      ],
      conditions: [{ type: 'Failed', status: 'True', reason: 'ReleasesFailed' }],
    });
    expect(Date.parse(run?.status?.completedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(report.startedAt) - 1_000);
    expect(told).toEqual([]);
    expect(await kubectl('get', 'pr', report.run)).toMatch(/Failed +1 +1 +1/);
    expect(await world.releases(ns)).toEqual(['bad', 'pinned']);
  });

  it('is left by a run that a cap blocked, and by one that had nothing to do', async () => {
    const ns = await world.namespace('blocked');
    await Promise.all(['a', 'b'].map((name) => world.install(ns, name)));
    const blocked = await recorded(world.deps({ ...only(ns), limits: { maxReleases: 1 } }), world.records());
    expect((await stored(blocked.run))?.status).toMatchObject({
      phase: 'Blocked',
      stoppedBy: 'cap',
      capsHit: [{ cap: 'maxReleases', limit: 1, found: 2 }],
      counts: { purged: 0, notStarted: 2 },
      conditions: [{ type: 'Failed', reason: 'CapHit' }],
    });
    const idle = await recorded(world.deps({ ...only(ns), exclude: ['*'] }), world.records());
    expect((await stored(idle.run))?.status).toMatchObject({
      phase: 'Succeeded',
      counts: { purged: 0, kept: 2 },
      conditions: [{ type: 'Complete', reason: 'RunComplete' }],
    });
  });

  it('holds each way back before it is told to be noted, and is read back by name', async () => {
    const recorder = await begin(world.records());
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    await Promise.all(
      names.map(async (name) => {
        await recorder.noteUndo(note(name));
        expect((await stored(recorder.run))?.status?.undo).toHaveProperty(`team-a/${name}`);
      }),
    );
    const sources = { client: world.client, directory: world.runsDirectory };
    expect(await readRun(sources, recorder.run)).toEqual({
      run: recorder.run,
      policy: world.id,
      serviceAccount: 'purger',
      undo: names.map((name) => note(name)),
    });
    await expect(readRun(sources, `${recorder.run.slice(0, -1)}_`)).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
      remedy: expect.stringContaining(recorder.run),
    });
  });

  it('takes ways back up to its bound, and refuses the next: that release must stay', async () => {
    const recorder = await begin(world.records());
    const long = 's'.repeat(253);
    const length = `team-a/r0000`.length + `1 ${long} `.length + `sha256:${'a'.repeat(64)} ns-a`.length;
    const room = Math.floor(PurgeRunBound.undoLength / length);
    const name = (index: number): string => `r${String(index).padStart(4, '0')}`;
    await Promise.all(Array.from({ length: room }, (_, index) => recorder.noteUndo(note(name(index), long))));
    await expect(recorder.noteUndo(note(name(room), long))).rejects.toMatchObject({ code: 'RUN_RECORD_FULL' });
    expect(Object.keys((await stored(recorder.run))?.status?.undo ?? {})).toHaveLength(room);
  });
});

describe('without a PurgeRun', () => {
  it('a file is the record where the server does not know the kind', async () => {
    const ns = await world.namespace('unknown-kind');
    await world.install(ns, 'a');
    await using proxy = await ChaosProxy.start({ kubeconfig: cluster.kubeconfig });
    proxy.faults.add({ kind: 'status', code: 404, reason: 'NotFound', where: { path: /purgeruns/ } });
    const { client, close } = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: '/nowhere' });
    const told: string[] = [];
    const report = await recorded(world.deps(only(ns)), world.records({ client }, told));
    await close();
    const path = join(world.runsDirectory, `${report.run}.json`);
    expect(told).toEqual([expect.stringMatching(new RegExp(`^file ${path}: .* does not know PurgeRuns$`))]);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
      ...report,
      record: { phase: 'Succeeded', requestedBy: 'somebody', worker: 'test_1', planned: { purge: 1 } },
    });
    expect(await world.releases(ns)).toEqual([]);
  });

  it('a file is the record where making one is forbidden, begun before the first release goes', async () => {
    const ns = await world.namespace('forbidden');
    await Promise.all(['a', 'b'].map((name) => world.install(ns, name)));
    const { client } = await user('stranger');
    const told: string[] = [];
    const seen: string[] = [];
    const uninstaller = wrapped(async (request, real) => {
      const { runs } = await listRuns({ client, directory: world.runsDirectory });
      seen.push(...runs.flatMap((run) => ('file' in run && run.file.record.phase === 'Running' ? [run.file.run] : [])));
      await real.uninstall(request);
    });
    const report = await recorded(
      world.deps({ ...only(ns), concurrency: 1 }, uninstaller),
      world.records({ client }, told),
    );
    expect(seen).toEqual([report.run, report.run]);
    expect(told).toEqual([expect.stringContaining('cannot create resource "purgeruns"')]);
    expect(await stored(report.run)).toBeUndefined();
  });

  it('a file is the record where its status may not be written, and no empty PurgeRun is left', async () => {
    const ns = await world.namespace('half');
    await world.install(ns, 'a');
    const { client, forget } = await user('half', ['create,delete', 'purgeruns.velotio.com']);
    const told: string[] = [];
    const report = await recorded(world.deps(only(ns)), world.records({ client }, told));
    await forget();
    expect(told).toEqual([expect.stringContaining('purgeruns/status')]);
    expect(await stored(report.run)).toBeUndefined();
    expect(await readRun({ client: world.client, directory: world.runsDirectory }, report.run)).toMatchObject({
      policy: world.id,
    });
  });

  it('notes are kept in the file', async () => {
    const { client } = await user('noter');
    const recorder = await begin(world.records({ client }));
    await Promise.all(['a', 'b'].map((name) => recorder.noteUndo(note(name))));
    const sources = { client: world.client, directory: world.runsDirectory };
    expect(await readRun(sources, recorder.run)).toMatchObject({ undo: [note('a'), note('b')] });
  });
});

describe('a record that cannot be written', () => {
  it('at the beginning: nothing is deleted', async () => {
    const ns = await world.namespace('refused');
    await world.install(ns, 'a');
    await using proxy = await ChaosProxy.start({ kubeconfig: cluster.kubeconfig });
    proxy.faults.add({ ...serverError(500), where: { path: /purgeruns/ } });
    const { client, close } = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: '/nowhere' });
    await expect(recorded(world.deps(only(ns)), world.records({ client }))).rejects.toMatchObject({
      code: 'RUN_RECORD_REFUSED',
      remedy: expect.stringContaining('Nothing was deleted'),
    });
    await close();
    const { client: stranger } = await user('no-place');
    const placeless = world.records({ client: stranger, directory: nowhere });
    await expect(recorded(world.deps(only(ns)), placeless)).rejects.toMatchObject({ code: 'RUN_RECORD_REFUSED' });
    const file = world.records({ file: join(nowhere, 'report.json'), worker: 'unwritable_1' });
    await expect(recorded(world.deps(only(ns)), file)).rejects.toMatchObject({ code: 'RUN_RECORD_REFUSED' });
    expect((await runsOf(world.id)).filter(({ status }) => status?.worker === 'unwritable_1')).toEqual([]);
    expect(await world.releases(ns)).toEqual(['a']);
  });

  it('at the end: the report is there all the same, in a file too, and that is told', async () => {
    const ns = await world.namespace('unfinished');
    await world.install(ns, 'a');
    await using proxy = await ChaosProxy.start({ kubeconfig: cluster.kubeconfig });
    const { client, close } = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: '/nowhere' });
    const uninstaller = wrapped(async (request, real) => {
      proxy.faults.add({ ...serverError(500), where: { path: /purgeruns/ } });
      await real.uninstall(request);
    });
    const told: string[] = [];
    const report = await recorded(world.deps(only(ns), uninstaller), world.records({ client }, told));
    await close();
    expect(report.counts).toMatchObject({ purged: 1, failed: 0 });
    const path = join(world.runsDirectory, `${report.run}.json`);
    expect(told[0]).toContain(`spare ${path}: `);
    const file = JSON.parse(await readFile(path, 'utf8')) as unknown;
    expect(file).toMatchObject({ ...report, record: { undo: [{ name: 'a' }] } });
    expect((await stored(report.run))?.status?.phase).toBe('Running');
    await world.client.delete(purgeRuns, { name: report.run });
  });
});

describe('a night', () => {
  const quiet = (told: string[]) => {
    const tell = (message: string): void => void told.push(message);
    return { info: tell, warn: tell, error: tell };
  };

  it('is recorded where it purges, a blocked one too, and not where it only plans', async () => {
    const ns = await world.namespace('night');
    await world.install(ns, 'a');
    const requestedBy = `schedule of ${world.id}`;
    const nightOf = (spec: object, records: RunRecords) =>
      world
        .lock('night')
        .then((lock) =>
          runNight(
            { ...world.deps({ ...only(ns), ...spec }), records, log: quiet([]), lock },
            new AbortController().signal,
          ),
        );
    const phases = async (worker: string): Promise<unknown[]> =>
      (await runsOf(world.id))
        .filter(({ status }) => status?.worker === worker)
        .map(({ status }) => [status?.phase, status?.requestedBy]);
    await nightOf({ mode: 'DryRun' }, world.records({ requestedBy, worker: 'night_1' }));
    expect(await phases('night_1')).toEqual([]);
    await nightOf({ mode: 'Enforce', limits: { maxPercent: 1 } }, world.records({ requestedBy, worker: 'night_2' }));
    expect(await phases('night_2')).toEqual([['Blocked', requestedBy]]);
    await nightOf({ mode: 'Enforce' }, world.records({ requestedBy, worker: 'night_3' }));
    expect(await phases('night_3')).toEqual([['Succeeded', requestedBy]]);
    expect(await world.releases(ns)).toEqual([]);
  });

  it('purges nothing where neither the cluster nor the pod has a place for its record: nothing could be brought back', async () => {
    const ns = await world.namespace('placeless');
    await world.install(ns, 'a');
    const { client } = await user('pod');
    const records = world.records({ client, directory: nowhere });
    const refusal = await recorded(world.deps(only(ns)), records).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'RUN_RECORD_REFUSED',
      message: expect.stringMatching(/purgeruns.*(ENOTDIR|EEXIST)/),
    });
    expect(await world.releases(ns)).toEqual(['a']);
  });
});

it('real reports, one outcome of each kind among them, are what the schema says', async () => {
  const ns = await world.namespace('schema');
  await Promise.all(['a', 'bad', 'touched', 'z-late'].map((name) => world.install(ns, name)));
  const stop = new AbortController();
  const uninstaller = wrapped(async (request, real) => {
    if (request.name === 'bad') {
      stop.abort();
      throw new Error('helm says no');
    }
    await real.uninstall(request);
  });
  const deps = world.deps({ ...only(ns), concurrency: 1 }, uninstaller);
  const { client } = await user('schema');
  const plan = await makePlan(deps);
  const order = ['touched', 'a', 'bad', 'z-late'];
  const entries = order.flatMap((name, index) =>
    plan.entries.filter((entry) => entry.name === name).map((entry) => ({ ...entry, ageMs: 1_000 - index })),
  );
  await world.upgrade(ns, 'touched');
  const report = await executeRecorded(
    { ...deps, records: world.records({ client }) },
    { ...plan, entries },
    { signal: stop.signal },
  );
  const results = report.outcomes.map(({ name, result }) => `${name} ${result}`);
  expect(results).toEqual(['a purged', 'bad failed', 'touched skipped', 'z-late not-started']);
  const file = JSON.parse(await readFile(join(world.runsDirectory, `${report.run}.json`), 'utf8')) as RunFile;
  const validate = new Ajv2020({ allErrors: true, validateFormats: false }).compile(purgeReportSchema);
  for (const one of [report, file]) expect([validate(one), validate.errors]).toEqual([true, null]);
});

it('the API server says who asks', async () => {
  expect(await whoAmI(world.client.impersonating('alice@example.com'))).toBe('alice@example.com');
});
