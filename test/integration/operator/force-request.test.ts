// A request to upgrade although nothing changed is obeyed once, whatever becomes of the status that should say so (DESIGN.md O11).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { eventually, type OperatorRun, startOperator } from '../../support/operator-run.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { testCluster } from '../../support/test-context.ts';
import { makeNamespace, Whims } from '../../support/whim-world.ts';
import { installWhims } from '../../support/whims.ts';

const namespace = 'op-force';
const reasons = { 403: 'Forbidden', 404: 'NotFound', 409: 'Conflict' } as const;
let proxy: ChaosProxy;
let operator: OperatorRun;
let whims: Whims;
let lab: ReleaseLab;

beforeAll(async () => {
  await makeNamespace(namespace);
  const kind = await installWhims('ForcedWhim', { namespace });
  [lab, proxy] = await Promise.all([ReleaseLab.open(), ChaosProxy.start({ kubeconfig: testCluster().kubeconfig })]);
  operator = await startOperator({ namespace, entries: [await kind.entry()], kubeconfig: proxy.kubeconfig });
  whims = new Whims(kind, { client: lab.client, namespace, helm: operator.helm });
});

afterAll(async () => {
  await operator.stop();
  await proxy[Symbol.asyncDispose]();
  await lab.kubectl('delete', 'namespace', namespace, '--wait=false');
  await lab[Symbol.asyncDispose]();
});

/** How often a resource of the kind was looked at. */
const passes = async (): Promise<number> => {
  const lines = (await operator.figures()).matchAll(/^\S+_reconcile_total\{kind="ForcedWhim[^}]*\} (\d+)$/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
};

/** Once there was another pass. */
const anotherPass = async (name: string, cause: string): Promise<void> => {
  const before = await passes();
  await whims.patch(name, { metadata: { labels: { cause } } });
  await eventually('there was another pass', async () => (await passes()) > before);
};

describe.each([403, 404, 409] as const)('a status that cannot be written (%d)', (code) => {
  test('does not have helm called again and again: the request counts as obeyed, and is said to be when it can', async () => {
    const name = `forced-${code}`;
    await whims.create(name);
    await whims.ready(name, 1);
    const where = { method: 'PATCH', path: new RegExp(`/${name}/status$`) };
    proxy.faults.add({ kind: 'status', code, reason: reasons[code], where });
    await whims.annotate(name, { 'force-requested-at': 'now' });
    await eventually('helm is called', () => Promise.resolve(whims.calls(name).length === 2));
    await eventually('the status could not be written', () => Promise.resolve(operator.helm.running === 0));
    for (const cause of ['one', 'two', 'three']) await anotherPass(name, cause);
    expect(whims.verbs(name)).toEqual(['install', 'upgrade']);

    proxy.faults.clear();
    await anotherPass(name, 'four');
    await whims.until(name, 'says so, and what came of it', ({ status }) => {
      return status?.lastHandledForceAt === 'now' && status.release?.revision === 2;
    });
    await whims.annotate(name, { 'force-requested-at': 'later' });
    await whims.ready(name, 3);
    expect(whims.verbs(name)).toEqual(['install', 'upgrade', 'upgrade']);
  });
});
