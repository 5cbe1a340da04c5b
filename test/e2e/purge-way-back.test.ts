// The way back as long as it is promised, as a user takes it: whatever becomes of the policy, of the run's record or of the namespace.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PurgeReport } from '../../src/purge/record/report.ts';
import { purgeRuns } from '../../src/purge/record/run-object.ts';
import { established, kubectl } from '../support/operator-run.ts';
import { PurgeCli } from '../support/purge-cli.ts';
import { testCluster } from '../support/test-context.ts';
import { configMap } from '../support/undo-charts.ts';
import { UndoWorld } from '../support/undo-world.ts';

const cluster = testCluster();
let corner: UndoWorld;
let cli: PurgeCli;
beforeAll(async () => {
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/velotio.com_purgeruns.yaml');
  await established('purgeruns.velotio.com');
  corner = await UndoWorld.open('way-back');
  cli = await PurgeCli.open(corner.world);
});
afterAll(async () => {
  const { items } = await corner.lab.client.list(purgeRuns);
  const ours = items.filter(({ metadata }) => metadata.name.startsWith(corner.world.id));
  for (const { metadata } of ours) await corner.lab.client.delete(purgeRuns, { name: metadata.name });
  await corner[Symbol.asyncDispose]();
});

/** Of one namespace, and called as it. */
const policy = (namespace: string, spec = '') =>
  cli.policyFile({ namespace, name: namespace, spec: `  serviceAccount: purger\n${spec}` });

/** Purges by it. */
async function purged(file: string, ...more: readonly string[]): Promise<PurgeReport> {
  const { stdout, stderr, exitCode } = await cli.run(['run', '-f', file, '--yes', '-o', 'json', ...more]);
  expect(exitCode, String(stderr)).toBe(0);
  return JSON.parse(String(stdout)) as PurgeReport;
}

it('is there for a revision that has more digits than anybody expects', async () => {
  const ns = await corner.namespace('digits');
  await corner.install(ns, 'shop', configMap());
  await corner.putBeside(ns, 'shop', { of: 1, revision: 12_345_678_901, status: 'deployed', inside: {} });
  const { run } = await purged(await policy(ns));
  expect(await corner.state(ns, 'shop')).toBeUndefined();
  const { exitCode, stderr } = await cli.run(['restore', run, '--yes']);
  expect(exitCode, String(stderr)).toBe(0);
  expect(await corner.state(ns, 'shop')).toBe('12345678902 deployed');
});

it('is never left out in silence: a note that cannot be read is told, and the others come back', async () => {
  const ns = await corner.namespace('unreadable');
  await corner.install(ns, 'shop', configMap());
  await corner.install(ns, 'web', configMap());
  const { run } = await purged(await policy(ns));
  await corner.lab.client.merge(
    purgeRuns,
    { status: { undo: { [`${ns}/web`]: 'what?' } } },
    { name: run, subresource: 'status', fieldManager: 'somebody' },
  );
  const { exitCode, stderr } = await cli.run(['restore', run, '--yes']);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`${ns}/web refused (UNDO_NOTE_UNREADABLE)`)]);
  expect([await corner.state(ns, 'shop'), await corner.state(ns, 'web')]).toEqual(['2 deployed', undefined]);
});

const kubectlLine = `${cluster.kubectl} --kubeconfig ${cluster.kubeconfig}`;

/** A helm after whose uninstall of `a` something else happens too; `$run` is the run at work. */
const helmThen = (namespace: string, script: string) =>
  cli.shim(`${cluster.helm} "$@" || exit $?
if [ "$1 $2" = 'uninstall a' ]; then
  run=$(${kubectlLine} get purgeruns -o name | grep ${namespace})
  ${script}
fi >&2`);

/** The line that a run printed, as whoever pastes it runs it. */
const pasted = (stderr: unknown, ...more: readonly string[]) => {
  const words = /to bring it back: bookstore-operator purge (.+)/.exec(String(stderr))?.[1]?.split(' ') ?? [];
  return cli.run([...words, ...more]);
};

it('is there where somebody deletes the PurgeRun while its run is at work: what it purged is noted anew', async () => {
  const ns = await corner.namespace('deleted');
  await corner.install(ns, 'a', configMap());
  await corner.install(ns, 'b', configMap());
  const env = await helmThen(ns, `${kubectlLine} delete "$run"`);
  const file = await policy(ns, '  concurrency: 1\n');
  const { exitCode, stderr } = await cli.run(['run', '-f', file, '--yes', '--driver', 'helm'], { env });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`${ns}/b failed (UNDO_NOT_WRITTEN)`)]);
  expect(stderr).toContain('was deleted while its run was at work: it is made anew with all that is known');
  const back = await pasted(stderr, '--yes');
  expect([back.exitCode, back.stderr]).toEqual([0, expect.stringContaining('1 restored, 0 skipped, 0 refused')]);
  expect([await corner.state(ns, 'a'), await corner.state(ns, 'b')]).toEqual(['2 deployed', '1 deployed']);
});

it('is in a file where the PurgeRun cannot be finished, and in the report that was printed', async () => {
  const ns = await corner.namespace('revoked');
  await corner.install(ns, 'a', configMap());
  const user = `${corner.world.id}-revoked`;
  await kubectl('create', 'clusterrole', user, '--verb=*', '--resource=namespaces,secrets,configmaps,leases');
  await kubectl('create', 'clusterrole', `${user}-runs`, '--verb=*', '--resource=purgeruns,purgeruns/status');
  for (const role of [user, `${user}-runs`]) {
    await kubectl('create', 'clusterrolebinding', role, `--clusterrole=${role}`, `--user=${user}`);
  }
  try {
    const env = await helmThen(ns, `${kubectlLine} delete "$run" clusterrolebinding/${user}-runs`);
    const file = await cli.policyFile({ namespace: ns, name: ns });
    const flags = ['--yes', '--driver', 'helm', '-o', 'json', '--kubeconfig', await cli.kubeconfigAs(user)];
    const { exitCode, stdout, stderr } = await cli.run(['run', '-f', file, ...flags], { env });
    const named = expect.stringMatching(/to bring it back: .* restore \/\S+\.json --kubeconfig /);
    expect([exitCode, stderr]).toEqual([0, named]);
    await kubectl('create', 'clusterrolebinding', `${user}-all`, '--clusterrole=cluster-admin', `--user=${user}`);
    const dry = await pasted(stderr, '--dry-run', '--service-account', 'purger');
    expect([dry.exitCode, dry.stderr]).toEqual([0, expect.stringContaining('1 can be restored')]);
    const printed = join(cli.directory, `${ns}.json`);
    await writeFile(printed, String(stdout));
    const back = await cli.run(['restore', printed, '--yes', '--service-account', 'purger']);
    expect([back.exitCode, back.stderr]).toEqual([0, expect.stringContaining('1 restored')]);
    expect(await corner.state(ns, 'a')).toBe('2 deployed');
  } finally {
    await kubectl('delete', '--ignore-not-found', 'clusterrole', user, `${user}-runs`);
    await kubectl('delete', '--ignore-not-found', 'clusterrolebinding', user, `${user}-runs`, `${user}-all`);
  }
});

it('is gone with its namespace, and that is said where another has its name, or none', async () => {
  const ns = await corner.namespace('anew');
  await corner.install(ns, 'shop', configMap());
  const { run } = await purged(await policy(ns));
  await kubectl('delete', 'namespace', ns);
  const missing = [1, expect.stringContaining(`${ns}/shop refused (UNDO_MISSING)`)];
  const none = await cli.run(['restore', run, '--dry-run']);
  expect([none.exitCode, none.stderr]).toEqual(missing);
  await kubectl('create', 'namespace', ns);
  const anew = await cli.run(['restore', run, '--yes']);
  expect([anew.exitCode, anew.stderr]).toEqual(missing);
  const entry = { [`${ns}/shop`]: `1 undo.shop.${run} sha256:${'0'.repeat(64)}` };
  const options = { name: run, subresource: 'status', fieldManager: 'somebody' } as const;
  await corner.lab.client.merge(purgeRuns, { status: { undo: entry } }, options);
  const older = await cli.run(['restore', run, '--dry-run']);
  expect([older.exitCode, older.stderr]).toEqual([
    1,
    expect.stringContaining('or the namespace was deleted and made anew'),
  ]);
});

it('ends with the next run after its time, one with nothing to purge too, and not where a cap blocks that run', async () => {
  const ns = await corner.namespace('expired');
  await corner.install(ns, 'shop', configMap());
  const brief = '  undo: {retention: 1s}\n';
  await purged(await policy(ns, brief));
  for (const name of ['web', 'api']) await corner.install(ns, name, configMap());
  const blocked = await policy(ns, `${brief}  limits: {maxReleases: 1}\n`);
  expect((await cli.run(['run', '-f', blocked, '--yes'])).exitCode).toBe(3);
  expect(await corner.undoSecrets(ns)).toHaveLength(1);
  const quiet = await cli.run(['run', '-f', await policy(ns, `${brief}  exclude: [web, api]\n`), '--yes']);
  expect([quiet.exitCode, quiet.stderr]).toEqual([
    0,
    expect.stringMatching(/nothing to purge\n1 undo Secret of .* went/),
  ]);
  expect(await corner.undoSecrets(ns)).toEqual([]);
});

it('is there until the run’s own time is over, whatever retention and limits the policy has afterwards', async () => {
  const ns = await corner.namespace('shortened');
  await corner.install(ns, 'shop', configMap());
  const { run } = await purged(await policy(ns, '  undo: {retention: 168h}\n'));
  const shorter = await policy(ns, '  undo: {retention: 1s}\n  successfulRunsHistoryLimit: 1\n');
  await corner.install(ns, 'web', configMap());
  await purged(shorter);
  await purged(shorter);
  const dry = await cli.run(['restore', run, '--dry-run']);
  expect([dry.exitCode, dry.stderr]).toEqual([0, expect.stringContaining('1 can be restored')]);
});
