// The way back as long as it is promised, as a user takes it: whatever becomes of the policy, of the run's record or of the namespace.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PurgeReport } from '../../src/purge/record/report.ts';
import { purgeRuns } from '../../src/purge/record/run-object.ts';
import { established, kubectl } from '../support/operator-run.ts';
import { PurgeCli } from '../support/purge-cli.ts';
import { configMap } from '../support/undo-charts.ts';
import { UndoWorld } from '../support/undo-world.ts';

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
