// Explanations on a real cluster: the same answer as the plan's, and what led to it.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { explainRelease } from '../../../src/purge/plan/explain.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('explain', testCluster());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

it('says of every release what the plan says', async () => {
  const ns = await world.namespace('same', { annotations: { 'keep.purge.velotio.com/pinned': 'true' } });
  const sets = { plain: [], pinned: [], data: ['volume=unprotected'], hooked: ['hook=true'], flux: ['flux=true'] };
  for (const [name, set] of Object.entries(sets)) await world.install(ns, name, ...set);
  const only = { namespaces: [ns] };
  const deps = world.deps();
  const { entries } = await makePlan(deps, only);
  const explained = await Promise.all(
    entries.map(async ({ name }) => (await explainRelease(deps, { namespace: ns, name }, only)).verdict),
  );
  expect(explained).toEqual(entries.map(({ action, rule, reason }) => ({ action, rule, reason })));
  expect(entries).toHaveLength(5);
});

it('names what an undo will not bring back, as the plan does', async () => {
  const ns = await world.namespace('lost');
  await world.install(ns, 'data', 'volume=unprotected');
  await world.install(ns, 'plain');
  const deps = world.deps({ volumes: 'Delete' });
  const { entries } = await makePlan(deps, { namespaces: [ns] });
  const told = await Promise.all(
    entries.map(({ name }) => explainRelease(deps, { namespace: ns, name }, { namespaces: [ns] })),
  );
  expect(told.map(({ release }) => release?.notRestored)).toEqual([
    ['the data of PersistentVolumeClaim/data'],
    undefined,
  ]);
  expect(entries.map(({ notRestored }) => notRestored)).toEqual(told.map(({ release }) => release?.notRestored));
});

it('tells ages, chart and caps, and that a cap blocks the run', async () => {
  const ns = await world.namespace('caps');
  for (const name of ['a', 'b']) await world.install(ns, name);
  const deps = world.deps({ limits: { maxReleases: 1, maxReleasesPerNamespace: 7 } });
  const told = await explainRelease(deps, { namespace: ns, name: 'a' }, { namespaces: [ns] });
  expect(told.release).toMatchObject({ revision: 1, status: 'deployed', revisions: 1, chart: 'tiny-0.1.0' });
  expect(told.caps).toEqual([
    { cap: 'maxReleasesPerNamespace', limit: 7, found: 2, isHit: false },
    { cap: 'maxReleases', limit: 1, found: 2, isHit: true },
    { cap: 'maxNamespaces', limit: 100, found: 1, isHit: false },
    { cap: 'maxPercent', found: 100, isHit: false },
  ]);
  expect(told.verdict).toMatchObject({ action: 'purge', reason: expect.stringContaining('deletes nothing') });

  const dropped = world.deps({ limits: { maxReleasesPerNamespace: 1 } });
  const kept = await explainRelease(dropped, { namespace: ns, name: 'a' }, { namespaces: [ns] });
  expect(kept.verdict).toMatchObject({ action: 'keep', rule: 'namespace-cap' });
});

it('names the term that leaves a namespace out, and judges the release all the same', async () => {
  const ns = await world.namespace('out', { isSelected: false });
  await world.install(ns, 'a');
  const told = await explainRelease(world.deps(), { namespace: ns, name: 'a' });
  expect(told.selection).toMatchObject({
    state: 'not-selected',
    terms: [{ term: `purge-test=${world.id}`, found: 'no label purge-test', holds: false }],
  });
  expect(told.verdict).toMatchObject({ action: 'keep', reason: expect.stringContaining('left out') });
  expect(told.rules.map(({ says }) => says)).not.toContain('decides');
});

it('names the nearest of a release, and of a namespace, that is not there', async () => {
  const ns = await world.namespace('near');
  const other = await world.namespace('far');
  await world.install(ns, 'shop');
  await world.install(other, 'shpo');
  const typo = await explainRelease(world.deps(), { namespace: ns, name: 'shpo' });
  expect(typo.release).toBeUndefined();
  expect(typo.nearest).toEqual([`${ns}/shop`, `${other}/shpo`]);

  const nowhere = await explainRelease(world.deps(), { namespace: `${ns}x`, name: 'shoop' });
  expect([nowhere.selection.state, nowhere.nearest]).toEqual(['absent', [`${ns}/shop`]]);
});
