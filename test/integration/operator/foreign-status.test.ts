// A status that somebody else wrote, where the CRD lets everybody write anything there, stops nothing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OperatorRun, startOperator } from '../../support/operator-run.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { greetingOf, makeNamespace, Whims } from '../../support/whim-world.ts';
import { installWhims } from '../../support/whims.ts';

const namespace = 'op-foreign-status';
let operator: OperatorRun;
let whims: Whims;
let lab: ReleaseLab;

beforeAll(async () => {
  await makeNamespace(namespace);
  const kind = await installWhims('OpenWhim', { namespace, hasOpenStatus: true });
  lab = await ReleaseLab.open();
  operator = await startOperator({ namespace, entries: [await kind.entry()] });
  whims = new Whims(kind, { ...operator, namespace });
});

afterAll(async () => {
  await operator.stop();
  await lab.kubectl('delete', 'namespace', namespace, '--wait=false');
  await lab[Symbol.asyncDispose]();
});

const garbage = [
  ['text', { inventory: 'y' }],
  ['nulls', { inventory: [null, { kind: 'ConfigMap' }, 5], history: [null], conditions: [{}, 5] }],
  ['numbers', { release: 5, history: 5, failures: 'many', lastFailure: 5, readyRevision: {} }],
  [
    'halves',
    { release: { name: 'halves' }, lastFailure: { time: 'now' }, failures: 3, history: [{ revision: 'one' }] },
  ],
] as const;

test.concurrent.for(garbage)('of %s: the resource is reconciled, and can be deleted', async ([name, status]) => {
  await whims.create(name, { clusterRole: true });
  await whims.ready(name, 1);
  await whims.patch(name, { status }, 'status');
  await whims.patch(name, { spec: { greeting: 'new' } });
  const healed = await whims.ready(name, 2);
  expect(healed.status?.inventory?.map(({ kind }) => kind).toSorted()).toEqual(['ClusterRole', 'ConfigMap']);
  expect(await greetingOf(namespace, name)).toBe('new');

  await whims.annotate(name, { suspend: 'true' });
  await whims.reason(name, 'Suspended');
  await whims.patch(name, { status }, 'status');
  await whims.delete(name);
  await whims.annotate(name, { suspend: null });
  await whims.gone(name);
  expect(await greetingOf(namespace, name)).toBeUndefined();
  expect(await lab.exists('clusterrole', `whim-${namespace}-${name}`)).toBe(false);
});
