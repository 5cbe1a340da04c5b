// `purge keep` on a real cluster: what is written is what the plan reads, and what stands there is not cut short.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isApiError } from '../../../src/kube/errors.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { type KeepChange, setKeep } from '../../../src/purge/keep/set-keep.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { testCluster } from '../../support/test-context.ts';

const hourMs = 3_600_000;
let world: PurgeWorld;
beforeAll(async () => {
  world = await PurgeWorld.open('keep', testCluster());
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const inHours = (hours: number): number => Math.ceil(Date.now() / 1_000) * 1_000 + hours * hourMs;

function keep(target: KeepChange['target'], until: KeepChange['until'], isForced = false) {
  const { client, operator } = world.deps();
  return setKeep({ client, operator, clock: systemClock }, { target, until, isForced });
}

const annotations = async (name: string) =>
  (await world.client.get(CoreResources.namespaces, { name })).metadata.annotations ?? {};

const plan = async (namespace: string) => world.lines(await makePlan(world.deps(), { namespaces: [namespace] }));

it('keeps a namespace, and lets it go again', async () => {
  const ns = await world.namespace('all');
  await Promise.all(['a', 'b'].map((name) => world.install(ns, name)));
  const until = inHours(8);
  const kept = await keep({ namespace: ns }, until);
  expect(kept).toMatchObject({ change: 'written', until: new Date(until).toISOString().replace('.000Z', 'Z') });
  expect(kept.entries.map(({ name, rule }) => `${name} ${rule}`)).toEqual(['a keep-namespace', 'b keep-namespace']);
  expect(await plan(ns)).toEqual(['all/a keep keep-namespace', 'all/b keep keep-namespace']);

  const gone = await keep({ namespace: ns }, 'off');
  expect([gone.change, gone.entries.map(({ rule }) => rule)]).toEqual(['removed', ['selected', 'selected']]);
  expect(await plan(ns)).toEqual(['all/a purge selected', 'all/b purge selected']);
  expect((await keep({ namespace: ns }, 'off')).change).toBe('absent');
});

it('keeps one release, and no other', async () => {
  const ns = await world.namespace('one');
  await Promise.all(['a', 'b'].map((name) => world.install(ns, name)));
  const kept = await keep({ namespace: ns, release: 'a' }, inHours(8));
  expect(kept.entries).toEqual([expect.objectContaining({ name: 'a', rule: 'keep-release' })]);
  expect(await plan(ns)).toEqual(['one/a keep keep-release', 'one/b purge selected']);
});

describe('what stands there', () => {
  it.each([
    ['a later time', 'later', new Date(inHours(20)).toISOString()],
    ['no end', 'true', 'true'],
    ['what cannot be read', 'odd', 'till Monday'],
  ])('is left where it keeps longer: %s', async (_name, suffix, value) => {
    const key = 'keep.purge.velotio.com/a';
    const ns = await world.namespace(suffix, { annotations: { [key]: value } });
    await world.install(ns, 'a');
    expect((await keep({ namespace: ns, release: 'a' }, inHours(8))).change).toBe('left');
    expect((await annotations(ns))[key]).toBe(value);
    expect((await keep({ namespace: ns, release: 'a' }, inHours(8), true)).change).toBe('written');
    expect((await annotations(ns))[key]).not.toBe(value);
  });

  it('is set anew where it says the same time, so that it counts from now on', async () => {
    const until = inHours(8);
    const text = new Date(until).toISOString().replace('.000Z', 'Z');
    const key = 'purge.velotio.com/keep-until';
    const ns = await world.namespace('same', { annotations: { [key]: text } });
    expect((await keep({ namespace: ns }, until)).change).toBe('written');
    const { metadata } = await world.client.get(CoreResources.namespaces, { name: ns });
    const managers = metadata.managedFields?.filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes(`f:${key}`));
    expect(managers?.map(({ manager }) => manager)).toEqual(['bookstore-operator-keep']);
  });
});

describe('a target that is not there', () => {
  it('is an error for a release, which names the one that is meant, unless it is forced', async () => {
    const ns = await world.namespace('typo');
    await world.install(ns, 'shop');
    const target = { namespace: ns, release: 'shpo' };
    await expect(keep(target, inHours(8))).rejects.toMatchObject({
      code: 'RELEASE_NOT_FOUND',
      remedy: expect.stringContaining(`${ns}/shop?`),
    });
    expect(await annotations(ns)).toEqual({});
    expect((await keep(target, inHours(8), true)).entries).toEqual([]);
    expect(Object.keys(await annotations(ns))).toEqual(['keep.purge.velotio.com/shpo']);
    expect((await keep(target, 'off')).change).toBe('removed');
  });

  it('is an error for a namespace', async () => {
    await expect(keep({ namespace: 'nowhere' }, inHours(8))).rejects.toMatchObject({ code: 'NAMESPACE_NOT_FOUND' });
  });
});

it('says that the right to patch the namespace is missing', async () => {
  const ns = await world.namespace('right');
  const { operator, client } = world.deps();
  const nobody = client.impersonating('system:serviceaccount:default:nobody');
  const change = { target: { namespace: ns }, until: inHours(8), isForced: false };
  await expect(setKeep({ client: nobody, operator, clock: systemClock }, change)).rejects.toSatisfy((error) =>
    isApiError(error, 'API_FORBIDDEN'),
  );
});
