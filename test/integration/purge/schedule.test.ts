// A policy's schedule at work: the minute comes, the releases go.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { PurgePolicy, PurgePolicySpec } from '../../../src/api/v1alpha1/purge-policy.ts';
import { startPurgeSchedule } from '../../../src/cli/purge-schedule.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { NightEnd } from '../../../src/purge/run-night.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('schedule', testCluster());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** A clock that stands at an instant of today until it is moved; durations are real. */
function movableClock(time: string): { at: number; readonly clock: typeof systemClock } {
  const today = new Date().toISOString().slice(0, 10);
  const state = { at: Date.parse(`${today}T${time}Z`), clock: systemClock };
  state.clock = { ...systemClock, now: () => state.at };
  return state;
}

const policyOf = (spec: Partial<PurgePolicySpec>): PurgePolicy => ({
  apiVersion: 'velotio.com/v1alpha1',
  kind: 'PurgePolicy',
  metadata: { name: 'nightly' },
  spec: { namespaceSelector: { matchLabels: { 'purge-test': world.id } }, ...spec },
});

/** `file`: where the policy stands, too. */
async function start(spec: Partial<PurgePolicySpec>, clock: typeof systemClock, file?: string) {
  const told: string[] = [];
  const tell = (message: string): void => void told.push(message);
  const policy = policyOf(spec);
  const { client, uninstaller, operator } = world.deps();
  const log = { info: tell, warn: tell, error: tell };
  const lock = await world.lock('schedule');
  const records = { client, stateHome: world.runsDirectory };
  const ends: unknown[] = [];
  const observe = (_policy: string, end: NightEnd | undefined): void =>
    void ends.push(typeof end === 'object' ? end.counts : end);
  const deps = { client, uninstaller, operator, clock, log, lock, records, file, observe };
  return { told, ends, schedule: startPurgeSchedule(policy, deps) };
}

it('purges when the minute of its zone has come, not before', async () => {
  const ns = await world.namespace('due');
  await world.install(ns, 'a');
  // 20:00 in Kolkata, which is +05:30 all the year, is 14:30 UTC. Records are younger than the clock or little older.
  const moved = movableClock('14:29:30');
  moved.at += 86_400_000;
  const { told, schedule } = await start(
    { schedule: '0 20 * * *', timeZone: 'Asia/Kolkata', mode: 'Enforce' },
    moved.clock,
  );
  schedule.tick();
  expect(told).toEqual(['purge scheduled']);
  moved.at += 31_000;
  schedule.tick();
  await vi.waitFor(() => expect(told).toContain('purge done'), 20_000);
  await schedule.stop();
  expect(await world.releases(ns)).toEqual([]);
});

it('goes by what the policy says when the night begins', async () => {
  const ns = await world.namespace('rewritten');
  await world.install(ns, 'a');
  const file = join(await mkdtemp(join(testCluster().testRoot, 'schedule-')), 'policy.yaml');
  const spec = { schedule: '0 20 * * *', mode: 'Enforce' as const };
  const write = (change: Partial<PurgePolicySpec>) => writeFile(file, JSON.stringify(policyOf({ ...spec, ...change })));
  const moved = movableClock('19:59:30');
  moved.at += 86_400_000;
  await write({});
  const { told, ends, schedule } = await start(spec, moved.clock, file);
  const night = async (end: string): Promise<void> => {
    told.length = 0;
    const before = ends.length;
    moved.at += 31_000;
    schedule.tick();
    await vi.waitFor(() => expect(ends).toHaveLength(before + 1), 20_000); // until then the next night is left out
    expect(told).toContain(end);
    moved.at += 86_400_000 - 31_000;
  };
  await write({ suspend: true });
  await night('purge is suspended');
  await write({ exclude: ['a'], schedule: '0 21 * * *' });
  await night('purge planned');
  expect(told).toContain('the schedule of the policy has changed: it is followed after a restart');
  await writeFile(file, 'spec: [');
  await night('purge failed');
  expect(await world.releases(ns)).toEqual(['a']);
  await write({});
  await night('purge done');
  await schedule.stop();
  expect(await world.releases(ns)).toEqual([]);
  expect(ends).toMatchObject(['suspended', { purged: 0 }, undefined, { purged: 1 }]);
});

it('survives a night that failed', async () => {
  const moved = movableClock('19:59:00');
  const { told, schedule } = await start(
    { schedule: '0 20 * * *', namespaceSelector: { matchLabels: { 'no label': '!' } } },
    moved.clock,
  );
  for (let night = 1; night <= 2; night += 1) {
    moved.at += night === 1 ? 60_000 : 86_400_000;
    schedule.tick();
    await vi.waitFor(() => expect(told.filter((message) => message === 'purge failed')).toHaveLength(night), 20_000);
  }
  await schedule.stop();
});

it.each<[string, Partial<PurgePolicySpec>, string]>([
  ['without a schedule', {}, 'POLICY_INVALID'],
  ['with a schedule that cannot be read', { schedule: '@daily' }, 'SCHEDULE_INVALID'],
  ['with a zone that is none', { schedule: '0 20 * * *', timeZone: 'Mars/Olympus' }, 'TIME_ZONE_INVALID'],
])('does not start %s', async (_name, spec, code) => {
  await expect(start(spec, systemClock)).rejects.toThrowError(expect.objectContaining({ code, isTerminal: true }));
});
