// Random clusters under random policies: only what an oracle of its own allows is gone, all it demands is, nothing else changed.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClusterSnapshot, compareSnapshots } from '../support/cluster-snapshot.ts';
import { FuzzCluster } from '../support/purge-fuzz/fuzz-cluster.ts';
import { foretell, type Prophecy } from '../support/purge-fuzz/fuzz-oracle.ts';
import { type FuzzWorld, randomWorld } from '../support/purge-fuzz/fuzz-world.ts';
import { soak } from '../support/soak.ts';

const run = soak('purge-fuzz', { seconds: 1_200 });
const rounds = 50;

let cluster: FuzzCluster;
beforeAll(async () => {
  cluster = await FuzzCluster.open();
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

/** What became of a world beside what was to become of it; empty where all is as foretold. */
interface Surprise {
  readonly [what: string]: { readonly foretold: unknown; readonly found: unknown };
}

/** A name of its own for each time a world is played: nothing of an earlier one is in its way. */
let plays = 0;
const nextId = (): string => `fuzz-${(run.seed % 1_000_000).toString(36)}-${(plays++).toString(36)}`;

async function play(world: FuzzWorld): Promise<{ readonly surprise: Surprise; readonly prophecy: Prophecy }> {
  await cluster.write(world);
  try {
    const prophecy = foretell(world);
    const before = await cluster.dump(world);
    const { exitCode, report } = await cluster.purge(world);
    const after = await settled(world, before, prophecy);
    const names = (result: string): string[] =>
      report.outcomes
        .filter((one) => one.result === result)
        .map(({ namespace, name }) => `${namespace}/${name}`)
        .sort();
    const { isCapped, refused } = prophecy;
    const surprise = differences({
      exitCode: [isCapped ? 3 : 0, exitCode],
      purged: [prophecy.releases, names('purged')],
      refused: [refused, names('skipped')],
      failed: [[], names('failed')],
      gone: [prophecy.gone, compareSnapshots(before, after).gone.map(plain)],
      terminating: [prophecy.terminating, changed(before, after, true)],
      changed: [[], changed(before, after, false)],
      added: [prophecy.added, compareSnapshots(before, after).added.map(plain)],
    });
    return { surprise, prophecy };
  } finally {
    await cluster.remove(world);
  }
}

/** A claim goes a moment after it is deleted: what hangs for longer is told as it is. */
async function settled(world: FuzzWorld, before: ClusterSnapshot, { terminating }: Prophecy): Promise<ClusterSnapshot> {
  const deadlineMs = performance.now() + 10_000;
  for (;;) {
    const after = await cluster.dump(world);
    const hanging = changed(before, after, true).filter((key) => !terminating.includes(key));
    if (hanging.length === 0 || performance.now() > deadlineMs) return after;
    await delay(200);
  }
}

function differences(told: Readonly<Record<string, readonly [unknown, unknown]>>): Surprise {
  const different = Object.entries(told).filter(([, [a, b]]) => JSON.stringify(a) !== JSON.stringify(b));
  return Object.fromEntries(different.map(([what, [foretold, found]]) => [what, { foretold, found }]));
}

function changed(before: ClusterSnapshot, after: ClusterSnapshot, isTerminating: boolean): string[] {
  const keys = compareSnapshots(before, after).changed;
  return keys.filter((key) => after.get(key)?.isTerminating === isTerminating).map(plain);
}

/** `a/ClusterRole.rbac.authorization.k8s.io/b` as `a/ClusterRole/b`. */
function plain(key: string): string {
  return key.replace(/^([^/]+\/[^/.]+)[^/]*\//, '$1/');
}

const isAsForetold = (surprise: Surprise): boolean => Object.keys(surprise).length === 0;

/** Leaves releases out one after another while the world still surprises: what is left says what it takes. */
async function smallest(world: FuzzWorld): Promise<{ readonly world: FuzzWorld; readonly surprise: Surprise }> {
  let least = world;
  let told: Surprise = {};
  for (const release of world.releases) {
    const fewer = least.releases.filter((one) => one !== release);
    const renamed = rename({ ...least, releases: fewer }, nextId());
    const { surprise } = await play(renamed);
    if (isAsForetold(surprise)) continue;
    least = { ...least, releases: fewer };
    told = surprise;
  }
  return { world: least, surprise: told };
}

/** The same world under another name. */
function rename(world: FuzzWorld, id: string): FuzzWorld {
  return JSON.parse(JSON.stringify(world).replaceAll(world.id, id)) as FuzzWorld;
}

it('deletes only what the oracle allows, and all that it demands', async () => {
  const startedMs = performance.now();
  const counts = { rounds: 0, releases: 0, purged: 0, refused: 0, capped: 0 };
  while (run.isFull ? counts.rounds < rounds : performance.now() - startedMs < run.durationMs) {
    const world = randomWorld(nextId(), run);
    const { surprise, prophecy } = await play(world);
    if (!isAsForetold(surprise)) {
      const least = await smallest(world);
      const told = { seed: run.seed, round: counts.rounds, surprise, least };
      expect.fail(`BOOKSTORE_SOAK_SEED=${run.seed}, round ${counts.rounds}:\n${JSON.stringify(told, undefined, 2)}`);
    }
    counts.rounds += 1;
    counts.releases += world.releases.length;
    counts.purged += prophecy.releases.length;
    counts.refused += prophecy.refused.length;
    counts.capped += prophecy.isCapped ? 1 : 0;
    if (counts.rounds % 10 === 0) run.print({ rounds: counts.rounds });
  }
  run.print({ ...counts, seconds: Math.round((performance.now() - startedMs) / 1000) });
  expect(counts.rounds).toBeGreaterThan(0);
  if (run.isFull) expect(Math.min(counts.purged, counts.refused, counts.capped)).toBeGreaterThan(0);
}, 1_500_000);
