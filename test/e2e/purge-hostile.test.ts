// Hostile and unlucky releases, all in one cluster at once, under one run of the built program (DESIGN.md §5).
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import pMap from 'p-map';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PurgePlan } from '../../src/purge/plan/plan.ts';
import type { PurgeReport, ReleaseOutcome } from '../../src/purge/record/report.ts';
import { type ClusterSnapshot, compareSnapshots, snapshotCluster } from '../support/cluster-snapshot.ts';
import { HostileLab, optIn } from '../support/hostile/hostile-lab.ts';
import type { Ending, HostileRow } from '../support/hostile/hostile-row.ts';
import { hostileRows } from '../support/hostile/hostile-rows.ts';
import { testCluster } from '../support/test-context.ts';

const rows = hostileRows;
/** Hanging ones take all of it, side by side. */
const releaseTimeoutMs = 30_000;
const concurrency = 8;
/** Five seconds for what is being deleted, and as much for reading. */
const lookAfterwardsMs = 10_000;

let lab: HostileLab;
let planned: PurgePlan;
let report: PurgeReport;
let run: { readonly exitCode: number; readonly terminal: string };
let before: ClusterSnapshot;
let after: ClusterSnapshot;

beforeAll(async () => {
  lab = await HostileLab.open();
  await lab.prepare(rows);
  await pMap(rows, (row) => lab.make(row).catch((cause: unknown) => fail(row, cause)), { concurrency: 6 });
  const account = '  serviceAccount: purger\n';
  const [without, policy] = [await policyFile('without', ''), await policyFile('policy', account)];
  const kubeconfig = await lab.misleadingKubeconfig();
  const env = { HELM_BIN: await lab.shim(rows) };
  planned = JSON.parse(await plan(without));
  const args = ['run', '-f', policy, '--driver', 'helm', '--kubeconfig', kubeconfig, '-o', 'json'];
  const done = await lab.purgeOnTerminal(args, { env, beforeAnswer: meanwhile });
  after = await dump();
  run = done;
  report = JSON.parse(done.stdout) as PurgeReport;
}, 300_000);
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
}, 120_000);

function fail(row: HostileRow, cause: unknown): never {
  throw new Error(`${row.name} cannot be made`, { cause });
}

async function policyFile(name: string, more: string): Promise<string> {
  const file = join(lab.directory, `${name}.yaml`);
  await writeFile(
    file,
    `apiVersion: velotio.com/v1alpha1
kind: PurgePolicy
metadata: {name: hostile}
spec:
  namespaceSelector: {matchLabels: {${optIn}: ${lab.id}}}
  exclude: [excluded-*]
  minAge: 10m
  releaseTimeout: ${releaseTimeoutMs / 1000}s
  concurrency: ${concurrency}
  allowedKinds: [{group: rbac.authorization.k8s.io, kind: ClusterRole}]
  limits: {maxReleases: 1000, maxReleasesPerNamespace: 6, maxNamespaces: 500, maxConsecutiveFailures: 500}
${more}`,
  );
  return file;
}

async function plan(policy: string): Promise<string> {
  const args = ['dist/main.js', 'purge', 'plan', '-f', policy, '--driver', 'helm', '-o', 'json'];
  const env = { ...lab.env, POD_NAMESPACE: lab.operatorNamespace };
  return (await execa(process.execPath, args, { env })).stdout;
}

/** While the question stands there, the world goes on. */
async function meanwhile(): Promise<void> {
  await pMap(rows, async (row) => row.meanwhile?.(lab.hands(row)), { concurrency: 6 });
  before = await dump();
}

/** All of the lab: its namespaces, what is called as one of them elsewhere, and nothing of other tests. */
const dump = (): Promise<ClusterSnapshot> =>
  snapshotCluster(lab.client, ({ namespace, name, type }) => {
    const isOfLab = (namespace ?? '').startsWith(lab.id) || name.startsWith(lab.id);
    return isOfLab && type !== 'purge.velotio.com/undo.v1';
  });

/** `Kind/name` of what is in a namespace, the healthy release beside the row left out. */
function objectsIn(from: ClusterSnapshot, namespace: string): string[] {
  const aside = ['ServiceAccount/purger', 'Role/purger', 'RoleBinding/purger'];
  return [...from.values()]
    .filter((object) => object.namespace === namespace && !/(^|\.)bystander(\.|$)/.test(object.name))
    .map(({ kind, name }) => `${kind}/${name}`)
    .filter((object) => !aside.includes(object))
    .sort();
}

/** What a row's namespace is to hold in the end. */
function staysOf(row: HostileRow): readonly string[] {
  const { ends } = row;
  if ('purged' in ends) return (ends.stays ?? []).toSorted();
  const untouched = objectsIn(before, lab.namespaceOf(row));
  return 'stays' in ends && ends.stays !== undefined ? ends.stays.toSorted() : untouched;
}

/** The line of the report, as far as the row says something about it. */
function expected(ends: Ending): object | undefined {
  if ('unmentioned' in ends) return undefined;
  if ('kept' in ends) {
    const doubt = ends.isDoubtful === true ? { isDoubtful: true } : {};
    return { rule: ends.kept, reason: expect.stringContaining(ends.says ?? ''), ...doubt };
  }
  if ('skipped' in ends) {
    const code = ends.code === undefined ? {} : { code: ends.code };
    return { result: 'skipped', reason: expect.stringContaining(ends.skipped), ...code };
  }
  if ('failed' in ends) {
    return {
      result: 'failed',
      code: expect.stringMatching(new RegExp(`^(${ends.failed.join('|')})$`)),
      record: ends.record,
    };
  }
  return {
    result: 'purged',
    ...(ends.note === undefined ? {} : { note: expect.stringContaining(ends.note) }),
  };
}

function lineOf(namespace: string, name: string): ReleaseOutcome | PurgeReport['kept'][number] | undefined {
  return [...report.outcomes, ...report.kept].find((one) => one.namespace === namespace && one.name === name);
}

/** What the report says is left, `Kind/name` with the reason. */
function leftOf(line: ReturnType<typeof lineOf>): Readonly<Record<string, string>> {
  const left = line !== undefined && 'left' in line ? (line.left ?? []) : [];
  return Object.fromEntries(left.map(({ kind, name, why }) => [`${kind}/${name}`, why]));
}

describe('a hostile or unlucky release', () => {
  it.each(rows.map((row) => [row.name, row] as const))('%s ends as it is documented', (...[, row]) => {
    const line = lineOf(lab.namespaceOf(row), row.release ?? 'shop');
    const what = expected(row.ends);
    if (what === undefined) expect(line, row.why).toBeUndefined();
    else expect(line, row.why).toMatchObject(what);
    if ('purged' in row.ends) expect(leftOf(line), row.why).toEqual(row.ends.left ?? {});
    expect(objectsIn(after, lab.namespaceOf(row)), row.why).toEqual(staysOf(row));
  });

  it.each(rows.filter((row) => row.isAlone !== true).map((row) => [row.name, row] as const))(
    '%s does not hold up its healthy neighbour',
    (...[, row]) => {
      const namespace = lab.namespaceOf(row);
      expect(lineOf(namespace, 'bystander')).toMatchObject({ result: 'purged' });
      const left = [...after.keys()].filter((key) => key.startsWith(`${namespace}/`) && key.includes('bystander'));
      expect(left).toEqual([]);
    },
  );

  it.each(rows.filter((row) => row.hasDeleteHooks).map((row) => [row.name, row] as const))(
    '%s is kept where the policy names no ServiceAccount',
    (...[, row]) => {
      const entry = planned.entries.find((one) => one.namespace === lab.namespaceOf(row) && one.name === 'shop');
      expect(entry).toMatchObject({ action: 'keep', rule: 'delete-hooks' });
    },
  );
});

describe('the run', () => {
  it('knows more than forty of them', () => {
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(rows.filter(({ why }) => !/§|\b[OP]\d/.test(why))).toEqual([]);
  });

  it('touches nothing outside the namespaces that are opted in but what a row names', () => {
    const { gone, changed, added } = compareSnapshots(before, after);
    const homes = rows.map((row) => `${lab.namespaceOf(row)}/`);
    const outside = (keys: readonly string[]) => keys.filter((key) => !homes.some((home) => key.startsWith(home)));
    expect(outside(gone)).toEqual(rows.flatMap((row) => row.goesOutside?.(lab.hands(row)) ?? []).sort());
    expect(outside([...changed, ...added])).toEqual([]);
  });

  it('changes nothing that it leaves but what a row names', () => {
    const told = rows.flatMap((row) => (row.changes ?? []).map((object) => `${lab.namespaceOf(row)}/${object}`));
    expect(compareSnapshots(before, after).changed).toEqual(told.toSorted());
  });

  it('is held up by nobody: it takes as long as its workers work, and the one that hangs longest', () => {
    const tookMs = report.outcomes.map((one) => ('durationMs' in one ? one.durationMs : 0));
    const workMs = tookMs.reduce((sum, ms) => sum + ms, 0);
    expect(Math.max(...tookMs)).toBeLessThan(2 * releaseTimeoutMs);
    // no worker rests while there is work: the bound of list scheduling; what is left is looked for afterwards
    expect(report.durationMs).toBeLessThan(workMs / concurrency + Math.max(...tookMs) + lookAfterwardsMs);
  });

  it('ends with 1, and names every release once', () => {
    expect(run.exitCode).toBe(1);
    expect(report).not.toHaveProperty('stoppedBy');
    const keys = [...report.outcomes, ...report.kept].map(({ namespace, name }) => `${namespace}/${name}`);
    expect(keys).toHaveLength(new Set(keys).size);
    expect(report.counts.notStarted).toBe(0);
  });

  it('says on which server it is about to act', () => {
    expect(run.terminal).toContain(testCluster().server);
  });
});
