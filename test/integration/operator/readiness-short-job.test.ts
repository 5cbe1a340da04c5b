// A Job that takes itself away when it is done (`ttlSecondsAfterFinished`).
import { expect, test } from 'vitest';
import { kindsChart, startKinds } from '../../support/kinds-chart.ts';
import { condition, eventually, kubectl, type OperatorRun, startOperator } from '../../support/operator-run.ts';

const namespace = 'op-readiness-short-job';

const completeAfter = (time: string) => ({ podAnnotations: { 'local.velotio.com/complete-after': time } });

/** What `Ready` is after the operator was made to look. */
async function afterALook(operator: OperatorRun, name: string): Promise<string | undefined> {
  const request = String(Math.random());
  const annotation = `helm.velotio.com/reconcile-requested-at=${request}`;
  await kubectl('-n', namespace, 'annotate', '--overwrite', 'bs', name, annotation);
  return eventually(`${name} was looked at`, async () => {
    const status = (await operator.get(name))?.status;
    return status?.lastHandledReconcileAt === request && condition(status, 'Ready')?.status;
  });
}

test('a Job that was complete may go; one that was taken away before is missing', async () => {
  const first = await startKinds({ namespace });
  await first.create('shortjob', completeAfter('1s'));
  await first.create('shortjob-at-once', completeAfter('1s'));
  await first.create('cutjob', completeAfter('600s'));
  await first.says('cutjob', /^Job cutjob: it is running/);
  await first.kubectl('delete', 'job', 'cutjob');
  await first.says('cutjob', /^Job cutjob: it is missing$/);
  await first.ready('shortjob');
  await first.ready('shortjob-at-once');
  await eventually('the Job is gone', async () => {
    const found = await first.kubectl('get', 'job', 'shortjob', '--ignore-not-found', '-o', 'name');
    return found === '';
  });
  expect(await afterALook(first, 'shortjob')).toBe('True');
  expect(await afterALook(first, 'shortjob-at-once')).toBe('True');
  await first.leave();

  // who was not there when it was complete has it from the status
  const second = await startOperator({ namespace, entry: { chart: await kindsChart() } });
  try {
    expect(await afterALook(second, 'shortjob')).toBe('True');
    expect(await afterALook(second, 'shortjob-at-once')).toBe('True');
    expect(await afterALook(second, 'cutjob')).toBe('False');
  } finally {
    await second.stop();
    await kubectl('delete', 'namespace', namespace, '--wait=false');
  }
});
