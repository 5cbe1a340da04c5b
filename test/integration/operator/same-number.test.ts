// A release that somebody installed in the place of ours is theirs, although it has the number that the status names (DESIGN.md O6).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WatchEntry } from '../../../src/watches/watch-entry.ts';
import { condition, eventually, type OperatorRun, startOperator } from '../../support/operator-run.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { greetingOf, helmHistory, makeNamespace, Whims } from '../../support/whim-world.ts';
import { installWhims, type WhimKind } from '../../support/whims.ts';

const namespace = 'op-same-number';
let kind: WhimKind;
let entry: WatchEntry;
let operator: OperatorRun;
let whims: Whims;
let lab: ReleaseLab;
let theirChart: string;

const start = async (): Promise<void> => {
  operator = await startOperator({ namespace, entries: [entry] });
  whims = new Whims(kind, { ...operator, namespace });
};

beforeAll(async () => {
  await makeNamespace(namespace);
  kind = await installWhims('NumberedWhim', { namespace });
  entry = await kind.entry();
  lab = await ReleaseLab.open();
  theirChart = await lab.chart(
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-theirs"}\ndata: {greeting: theirs}\n',
  );
  await start();
});

afterAll(async () => {
  await operator.stop();
  await lab.kubectl('delete', 'namespace', namespace, '--wait=false');
  await lab[Symbol.asyncDispose]();
});

/** Ours goes, and something else comes: both have revision 1. */
const replaceByHand = async (name: string): Promise<void> => {
  await lab.helm('uninstall', name, '-n', namespace);
  await lab.helm('install', name, theirChart, '-n', namespace);
};

const suspend = async (name: string): Promise<void> => {
  await whims.annotate(name, { suspend: 'true' });
  await whims.reason(name, 'Suspended');
};

/** Their release is as they made it. */
const expectTheirs = async (name: string): Promise<void> => {
  expect(await helmHistory(namespace, name)).toEqual(['1 deployed']);
  expect(await greetingOf(namespace, `${name}-theirs`)).toBe('theirs');
  expect(await greetingOf(namespace, name)).toBeUndefined();
};

const says = /^ForeignRelease: .*installed by hand or by another tool: it is not the revision 1 that was deployed here/;

describe('a release of the same number that was installed by hand', () => {
  test('while the resource was suspended is left alone, and an Event says why', async () => {
    await whims.create('alive');
    await whims.ready('alive', 1);
    await suspend('alive');
    await replaceByHand('alive');
    await whims.annotate('alive', { suspend: null });
    const foreign = await whims.reason('alive', 'ForeignRelease');
    expect(condition(foreign.status, 'Stalled')).toMatchObject({ status: 'True' });
    await whims.event('alive', says);
    await whims.patch('alive', { spec: { greeting: 'new' } });
    await whims.reason('alive', 'ForeignRelease');
    await expectTheirs('alive');
    expect(whims.verbs('alive')).toEqual(['upgrade']);
  });

  test('while the resource was suspended stays when the resource is deleted', async () => {
    await whims.create('deleted');
    await whims.ready('deleted', 1);
    await suspend('deleted');
    await replaceByHand('deleted');
    await whims.delete('deleted');
    await whims.annotate('deleted', { suspend: null });
    await whims.gone('deleted');
    await whims.event('deleted', says);
    await expectTheirs('deleted');
    expect(whims.verbs('deleted')).toEqual(['upgrade']);
  });

  test('while the operator was away is left alone, and so is that of a resource that was deleted meanwhile', async () => {
    for (const name of ['away', 'away-deleted']) {
      await whims.create(name);
      await whims.ready(name, 1);
    }
    await operator.stop();
    await Promise.all(['away', 'away-deleted'].map(replaceByHand));
    await lab.kubectl('-n', namespace, 'delete', kind.resource.plural, 'away-deleted', '--wait=false');
    await start();
    await whims.reason('away', 'ForeignRelease');
    await whims.gone('away-deleted');
    await whims.event('away', says);
    await whims.event('away-deleted', says);
    await Promise.all(['away', 'away-deleted'].map(expectTheirs));
    expect(operator.helm.verbs).toEqual([]);
  });

  test('in the very moment in which our helm fails is never said to have failed', async () => {
    await whims.create('crossed');
    await whims.ready('crossed', 1);
    const stages = await whims.follow('crossed');
    operator.helm.before = async (args) => {
      if (args.includes('crossed')) await replaceByHand('crossed');
    };
    await whims.patch('crossed', { spec: { greeting: 5 } }); // helm refuses that before it changes anything
    await whims.reason('crossed', 'ForeignRelease');
    operator.helm.before = () => Promise.resolve();
    await eventually('it was seen', () => Promise.resolve(stages.at(-1)?.includes('ForeignRelease')));
    expect(stages.filter((stage) => stage.includes('Ready=False InvalidValues'))).toEqual([]);
    await expectTheirs('crossed');
  });

  test('stands in the way only as long as it is there', async () => {
    await whims.create('passing');
    await whims.ready('passing', 1);
    await suspend('passing');
    await replaceByHand('passing');
    await whims.annotate('passing', { suspend: null });
    await whims.reason('passing', 'ForeignRelease');
    await lab.kubectl('-n', namespace, 'delete', 'secret', 'sh.helm.release.v1.passing.v1');
    await whims.ready('passing', 1);
    expect(await greetingOf(namespace, 'passing')).toBe('hello');
  });
});
