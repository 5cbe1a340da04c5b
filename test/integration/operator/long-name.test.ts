// A kind whose CRD allows names that Helm refuses, as those of operator-sdk do.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { condition, kubectl, type OperatorRun, startOperator } from '../../support/operator-run.ts';
import { makeNamespace, Whims } from '../../support/whim-world.ts';
import { installWhims } from '../../support/whims.ts';

const namespace = 'op-long-name';
let operator: OperatorRun;
let whims: Whims;

beforeAll(async () => {
  await makeNamespace(namespace);
  const kind = await installWhims('LongWhim', { namespace, hasLongNames: true });
  operator = await startOperator({ namespace, entries: [await kind.entry()] });
  whims = new Whims(kind, { ...operator, namespace });
});

afterAll(async () => {
  await operator.stop();
  await kubectl('delete', 'namespace', namespace, '--wait=false');
});

test.each([54, 64, 200])(
  'a name of %i characters is said to be too long, starts no helm, and can go',
  async (length) => {
    const name = 'n'.repeat(length);
    await whims.create(name);
    const stalled = await whims.until(name, 'is Stalled', ({ status }) => condition(status, 'Stalled') !== undefined);
    const message = condition(stalled.status, 'Ready')?.message;
    expect(message).toContain(`has ${length} characters. Rename the resource: Helm allows 53 characters`);
    await whims.event(name, /^InstallFailed: .*Rename the resource/);
    await whims.annotate(name, { 'reconcile-requested-at': 'now' });
    await whims.until(name, 'was looked at', ({ status }) => status?.lastHandledReconcileAt === 'now');
    await whims.delete(name);
    await whims.gone(name);
    expect(whims.verbs(name)).toEqual([]);
  },
);
