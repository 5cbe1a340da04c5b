// What is said against a release while it is proved and copied, which takes its time, counts as much as what was said before.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executePlan } from '../../../src/purge/execute/execute.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { PolicyGuard } from '../../../src/purge/policy/policy-guard.ts';
import type { UndoNote } from '../../../src/purge/record/run-recorder.ts';
import { kubectl } from '../../support/operator-run.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { RememberedRun } from '../../support/remembered-run.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('lastlook', testCluster());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** Something happens when the copy is made: all is proved by then, and nothing deleted. */
class InterferingRun extends RememberedRun {
  readonly #meanwhile: () => Promise<unknown>;

  constructor(meanwhile: () => Promise<unknown>) {
    super();
    this.#meanwhile = meanwhile;
  }

  override async noteUndo(note: UndoNote): Promise<void> {
    await super.noteUndo(note);
    await this.#meanwhile();
  }
}

/** A purge of one namespace with a release `shop`, and what it came to. */
async function purging(suffix: string, meanwhile: (namespace: string) => Promise<unknown>, guard?: PolicyGuard) {
  const namespace = await world.namespace(suffix);
  await world.install(namespace, 'shop');
  const deps = { ...world.deps(), guard, recorder: new InterferingRun(() => meanwhile(namespace)) };
  const plan = await makePlan(deps, { namespaces: [namespace] });
  const { outcomes, stoppedBy } = await executePlan(deps, plan);
  expect(await world.releases(namespace)).toEqual(['shop']);
  expect(await world.objects(namespace)).toEqual(['shop']);
  return { outcomes, stoppedBy };
}

const annotate = (what: readonly string[], annotation: string) => kubectl('annotate', ...what, annotation);

describe('a release goes no more once it is copied', () => {
  it.each<[string, (namespace: string) => Promise<unknown>, string]>([
    ['its namespace is kept', (ns) => annotate(['namespace', ns], 'purge.velotio.com/keep=true'), 'keep'],
    [
      'it is kept itself',
      (ns) => annotate(['namespace', ns], 'keep.purge.velotio.com/shop=2099-01-01T00:00:00Z'),
      'keep',
    ],
    ['its namespace is taken out', (ns) => kubectl('label', 'namespace', ns, 'purge-test-'), 'no longer selected'],
    ['it is upgraded', (ns) => world.upgrade(ns, 'shop'), 'its records were changed while it was proved'],
  ])('and %s', async (_what, meanwhile, reason) => {
    const suffix = `s${Math.random().toString(36).slice(2, 8)}`;
    expect((await purging(suffix, meanwhile)).outcomes).toEqual([
      expect.objectContaining({ result: 'skipped', reason: expect.stringContaining(reason) }),
    ]);
  });

  it('and its policy is suspended: it was not started', async () => {
    let isSuspended = false;
    const { clock } = world.deps();
    const read = () => Promise.resolve({ isSuspended, version: 'one' });
    const guard = new PolicyGuard(read, { version: 'one', clock });
    const suspend = async (): Promise<void> => {
      isSuspended = true;
      await clock.sleep(1_100); // a reading stands for a second
    };
    expect(await purging('suspended', suspend, guard)).toMatchObject({
      outcomes: [{ result: 'not-started' }],
      stoppedBy: 'suspended',
    });
  });
});
