// A kind whose CRD lets anything stand in `spec`: what is no map is said, once, and healed by a map.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ObjectInput } from '../../../src/kube/objects.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { condition, type OperatorRun, startOperator, type Watched } from '../../support/operator-run.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { greetingOf, makeNamespace, Whims } from '../../support/whim-world.ts';
import { installWhims } from '../../support/whims.ts';

const namespace = 'op-shapeless';
let operator: OperatorRun;
let whims: Whims;
let lab: ReleaseLab;

beforeAll(async () => {
  await makeNamespace(namespace);
  const kind = await installWhims('ShapelessWhim', { namespace, hasOpenSpec: true });
  lab = await ReleaseLab.open();
  operator = await startOperator({ namespace, entries: [await kind.entry()] });
  whims = new Whims(kind, { ...operator, namespace });
});

afterAll(async () => {
  await operator.stop();
  await lab.kubectl('delete', 'namespace', namespace, '--wait=false');
  await lab[Symbol.asyncDispose]();
});

const messageOf = ({ status }: Watched): string => condition(status, 'Ready')?.message ?? '';

/** How often a resource of the kind was looked at. */
const passes = async (): Promise<number> => {
  const lines = (await operator.figures()).matchAll(/^\S+_reconcile_total\{kind="ShapelessWhim[^}]*\} (\d+)$/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
};

test('a spec that is no map is told with what it is, starts no helm, touches no release, and a map heals it', async () => {
  await whims.create('shapeless');
  await whims.ready('shapeless', 1);
  for (const [spec, found] of [
    ['hello', 'a string'],
    [['hello'], 'a list'],
    [7, 'a number'],
  ] as const) {
    await whims.patch('shapeless', { spec });
    const refused = await whims.until('shapeless', `says ${found}`, (resource) => messageOf(resource).includes(found));
    expect(messageOf(refused)).toBe(`spec is ${found}, but it has to be a map: it is the values of the chart`);
    expect(condition(refused.status, 'Ready')).toMatchObject({ status: 'False', reason: 'InvalidValues' });
    expect(condition(refused.status, 'Stalled')).toMatchObject({ status: 'True' });
  }
  await whims.event('shapeless', /^InvalidValues: spec is a list/);
  const before = await passes();
  await systemClock.sleep(2_000);
  expect((await passes()) - before).toBeLessThanOrEqual(2); // the echo of its own last status
  expect(await greetingOf(namespace, 'shapeless')).toBe('hello');
  await whims.patch('shapeless', { spec: { greeting: 'new' } });
  const healed = await whims.ready('shapeless', 2);
  expect(condition(healed.status, 'Stalled')).toBeUndefined();
  expect(await greetingOf(namespace, 'shapeless')).toBe('new');
  expect(whims.verbs('shapeless')).toEqual(['upgrade', 'upgrade']);
});

test('a resource that never had a map for a spec can be deleted', async () => {
  const { apiVersion, kind, metadata } = whims.kind.whim('born-so');
  const object = { apiVersion, kind, metadata, spec: ['no', 'map'] } as unknown as ObjectInput;
  await operator.client.create(whims.kind.resource, object, { namespace, fieldManager: 'test' });
  await whims.reason('born-so', 'InvalidValues');
  await whims.delete('born-so');
  await whims.gone('born-so');
  expect(whims.calls('born-so')).toEqual([]);
});
