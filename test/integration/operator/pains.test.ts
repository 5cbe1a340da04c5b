// What users of other operators suffer from, and the test that it does not happen here. The lines are those of what is known
// of helm-operator, helm-operator-plugins, Flux, and of what is built on the JavaScript client; performance, images and drift
// are not among them. The last test holds this table against the files.
//
// | pain | file | test |
// |---|---|---|
// | 1 release stuck in pending-* | locks.test.ts | a release is not stuck in pending after a crash: the next operator frees it at once, and goes on |
// | 1 the same, out of memory | locks.test.ts | a release is not stuck in pending after helm ran out of memory: an install is made again |
// | 1 the same, an upgrade | locks.test.ts | a release is not stuck in pending after helm ran out of memory: an upgrade goes back, and is made again |
// | 2 endless upgrades | pains.test.ts | a release is not upgraded again and again because its chart renders differently each time |
// | 3 upgrade, rollback, upgrade, … | failure.test.ts | a failing upgrade does not go back and forth without end: a few tries, then it waits for a change of the spec |
// | 3 thousands of revisions | failure.test.ts | revisions do not pile up under an upgrade that never becomes ready: it goes back, gives up, and histories stay bounded |
// | 3 the same, by a dead webhook | webhook.test.ts | a dead webhook does not make a release go back and forth without end: it is named, tries are spent, then it waits |
// | 4 forced rollback | pains.test.ts | a rollback is not forced: what cannot be changed stays the same object |
// | 5 data loss after a look-up | pains.test.ts | a release is neither uninstalled nor installed anew because a look-up failed |
// | 5 data loss after a failure | failure.test.ts | a release that was deployed once is never uninstalled because a try failed, a first install only where the entry says so |
// | 6 memory grows | pains.test.ts | memory does not grow with resources that come and go: nothing is kept of them |
// | 6 memory grows with objects | readiness-memory.test.ts | an object that a new revision does without is forgotten, and all of them with the resource |
// | 8 release larger than a Secret | pains.test.ts | a release that is larger than a Secret can hold fails once, says so, and can be deleted |
// | 9 CRDs never upgraded | settings.test.ts | CRDs in crds/ are upgraded with the chart where the entry says so: Skip, Create, CreateReplace |
// | 10 undeletable: chart missing | deletion.test.ts | a resource can be deleted when its chart is missing |
// | 10 undeletable: bad annotation | deletion.test.ts | a resource can be deleted when an annotation cannot be read |
// | 10 undeletable: no spec | deletion.test.ts | a resource can be deleted when it has no spec |
// | 10 finalizer stuck | deletion.test.ts | a finalizer is not stuck when the uninstall fails: it says why, and goes without hooks when asked to |
// | 11 cluster-scoped orphans | deletion.test.ts | no cluster-scoped object is orphaned when a namespace is deleted, and nothing hangs |
// | 11 uninstall does not wait | deletion.test.ts | a deletion can wait until the last object is gone (uninstall-wait), but for what the chart keeps |
// | 12 Deployed though pods crash | pains.test.ts | a resource is not Ready while its pods crash, and says of which generation it speaks |
// | 13 no way to pause | settings.test.ts | a release can be paused: suspended, nothing happens to it, whatever is asked for |
// | 14 name collisions | ownership.test.ts | two kinds do not collide in a release name: the second is told whose it is, and its deletion leaves the first alone |
// | 15 missing rights | settings.test.ts | a missing right is named, and found when it is granted: a serviceAccount is whom helm acts as in every call |
// | 16 stalled until somebody acts | failure.test.ts | a resource whose tries are used up is not stuck: a request to try again is enough |
// | 17 long waits occupy workers | pains.test.ts | a slow roll-out holds up neither a newer spec nor another resource |
// | 17 hooks occupy workers | pains.test.ts | a hook that takes long says so, and who waits for a free helm says that, and can still be suspended |
// | 19 all upgrade at once | pains.test.ts | not all releases are upgraded at once after a start with something new |
// | 21 period ignored | settings.test.ts | the reconcile-period of an annotation is obeyed, also 0 |
// | client: missed events, replays | pains.test.ts | what happened while the operator was away is neither missed nor done twice |
// | client: watch goes silent | ../kube/reflector.test.ts | dials again when a watch is silent for too long |
// | client: informer dies | ../kube/reflector.test.ts | goes on from where it was after a lost connection, without another list |
// | client: 410 | ../kube/reflector.test.ts | lists again when its version is too old, and notices what went in the gap |
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { serverError } from '../../support/chaos/fault.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { condition, eventually, type OperatorRun, startOperator } from '../../support/operator-run.ts';
import type { ReleaseLab } from '../../support/release-lab.ts';
import { testCluster } from '../../support/test-context.ts';
import { greetingOf, helmHistory, makeNamespace, startWhims, Whims } from '../../support/whim-world.ts';
import { installWhims } from '../../support/whims.ts';
import { withWhims } from '../../support/with-whims.ts';

const namespace = 'op-pains';
let whims: Whims;
let lab: ReleaseLab;
const places: string[] = [];

withWhims({ namespace, kinds: { PainWhim: { remediation: { retries: 0 } } } }, ({ world, lab: opened }) => {
  lab = opened;
  whims = world.whims.PainWhim;
});

afterAll(async () => {
  for (const place of places) await lab.kubectl('delete', 'namespace', place, '--wait=false');
});

/** A kind in a namespace of its own, whose operator the test starts and ends. */
const apart = async (kindName: string, place: string) => {
  places.push(place);
  await makeNamespace(place);
  const kind = await installWhims(kindName, { namespace: place });
  const start = async (
    fields: Readonly<Record<string, unknown>> = {},
    more: { readonly kubeconfig?: string } = {},
  ): Promise<{ readonly operator: OperatorRun; readonly whims: Whims }> => {
    const operator = await startOperator({ namespace: place, entries: [await kind.entry(fields)], ...more });
    return { operator, whims: new Whims(kind, { ...operator, namespace: place }) };
  };
  return { kind, start };
};

/** uid and what the API server gave to each object of a release. */
const identities = (name: string, place = namespace): Promise<string> => {
  const template =
    '-o=jsonpath={range .items[*]}{.kind} {.metadata.uid} {.spec.clusterIP}{.spec.volumeName}{"\\n"}{end}';
  return lab.kubectl('-n', place, 'get', `deployment/${name}`, `service/${name}`, `pvc/${name}`, template);
};

describe.concurrent('pains', () => {
  test('a release is not upgraded again and again because its chart renders differently each time', async () => {
    await whims.create('random', { random: true });
    await whims.ready('random', 1);
    for (const request of ['one', 'two', 'three']) {
      await whims.annotate('random', { 'reconcile-requested-at': request });
      await whims.until('random', 'was looked at', ({ status }) => status?.lastHandledReconcileAt === request);
    }
    await whims.patch('random', { metadata: { labels: { team: 'a' } } });
    expect(whims.verbs('random')).toEqual(['install']);
    expect(await helmHistory(namespace, 'random')).toEqual(['1 deployed']);
  });

  test('a rollback is not forced: what cannot be changed stays the same object', async () => {
    const objects = { workload: 'good', service: true, claim: 'plain' };
    await whims.create('unchanged', objects);
    await whims.ready('unchanged', 1);
    const before = await identities('unchanged');
    await whims.patch('unchanged', { spec: { selector: 'second', greeting: 'new' } });
    const refused = await whims.until('unchanged', 'is Stalled', ({ status }) => {
      return condition(status, 'Stalled') !== undefined;
    });
    expect(condition(refused.status, 'Ready')?.message).toContain('field is immutable');
    expect(condition(refused.status, 'Deployed')).toMatchObject({ status: 'True', reason: 'RollbackSucceeded' });
    expect(await greetingOf(namespace, 'unchanged')).toBe('hello');
    expect(await identities('unchanged')).toBe(before);
    expect(before.split('\n').filter((line) => line !== '')).toHaveLength(3);
  });

  test('a release is neither uninstalled nor installed anew because a look-up failed', async () => {
    const { start } = await apart('PreciousWhim', 'op-pains-precious');
    await using proxy = await ChaosProxy.start({ kubeconfig: testCluster().kubeconfig });
    const { operator, whims: precious } = await start({}, { kubeconfig: proxy.kubeconfig });
    const direct = new Whims(precious.kind, { client: lab.client, namespace: 'op-pains-precious' });
    await direct.create('precious', { claim: 'plain', workload: 'good', service: true });
    await direct.create('leaving');
    await Promise.all([direct.ready('precious', 1), direct.ready('leaving', 1)]);
    const before = await identities('precious', 'op-pains-precious');

    const secrets = /\/secrets/;
    proxy.faults.add({ ...serverError(500), where: { path: secrets } });
    proxy.cutConnections();
    await direct.annotate('precious', { 'force-requested-at': 'now' });
    await direct.delete('leaving');
    const failed = (key: string) =>
      operator.log.some((line) => line.includes(key) && line.includes('"reconcile failed"'));
    await eventually('both look-ups have failed', () => {
      return Promise.resolve(failed('op-pains-precious/precious') && failed('op-pains-precious/leaving'));
    });
    expect(operator.helm.verbs).toEqual(['install', 'install']);
    expect((await direct.get('leaving'))?.metadata.finalizers).toEqual(['helm.velotio.com/uninstall']);

    proxy.faults.clear();
    await Promise.all([direct.ready('precious', 2), direct.gone('leaving')]);
    expect(operator.helm.calls.filter((args) => args.includes('precious')).map(([verb]) => verb)).toEqual([
      'install',
      'upgrade',
    ]);
    expect(await identities('precious', 'op-pains-precious')).toBe(before);
    await operator.stop();
  });

  test('memory does not grow with resources that come and go: nothing is kept of them', async ({ expect }) => {
    const { start } = await apart('FleetingWhim', 'op-pains-fleeting');
    const { operator, whims: fleeting } = await start();
    // the namespaces are everybody's
    const isOurs = (line: string) =>
      /^bookstore_operator_(watch_objects|resources|workqueue_depth)\{/.test(line) && !line.includes('"namespaces"');
    const kept = async (): Promise<string> => (await operator.figures()).split('\n').filter(isOurs).sort().join('\n');
    await fleeting.create('first', { workload: 'good' }); // the kinds of its objects are watched from now on
    await fleeting.ready('first');
    await fleeting.delete('first');
    await fleeting.gone('first');
    const without = await eventually('nothing is left', async () => {
      const text = await kept();
      return /\} [1-9]/.test(text) ? undefined : text; // of the first, too, the operator may hear last
    });
    const names = Array.from({ length: 8 }, (_, index) => `fleeting-${index}`);
    for (const name of names) await fleeting.create(name, { workload: 'good' });
    await Promise.all(names.map((name) => fleeting.ready(name)));
    expect(await kept()).not.toBe(without);
    for (const name of names) await fleeting.delete(name);
    await Promise.all(names.map((name) => fleeting.gone(name)));
    await expect.poll(kept, { timeout: 60_000, interval: 100 }).toBe(without);
    await operator.stop();
  });

  test('a release that is larger than a Secret can hold fails once, says so, and can be deleted', async () => {
    await whims.create('heavy', { ballast: 2 });
    const refused = await whims.reason('heavy', 'InstallFailed');
    expect(condition(refused.status, 'Ready')?.message).toContain('larger than a Secret can hold');
    expect(condition(refused.status, 'Stalled')).toMatchObject({ status: 'True' });
    expect(whims.verbs('heavy')).toEqual(['install']);
    expect(await greetingOf(namespace, 'heavy')).toBeUndefined();
    await whims.delete('heavy');
    await whims.gone('heavy');
  });

  test('a resource is not Ready while its pods crash, and says of which generation it speaks', async () => {
    await whims.create('crashing', { workload: 'crash-loop' });
    const crashing = await whims.until('crashing', 'says why', ({ status }) => {
      return (condition(status, 'Ready')?.message ?? '').includes('CrashLoopBackOff');
    });
    expect(condition(crashing.status, 'Ready')).toMatchObject({ status: 'False', observedGeneration: 1 });
    expect(condition(crashing.status, 'Deployed')).toMatchObject({ status: 'True' });
    await whims.patch('crashing', { spec: { workload: 'good' } });
    expect((await whims.ready('crashing', 2)).status?.observedGeneration).toBe(2);
  });

  test('a slow roll-out holds up neither a newer spec nor another resource', async () => {
    const slow = ['slow-1', 'slow-2', 'slow-3', 'slow-4', 'slow-5']; // more than there are workers
    for (const name of slow) await whims.create(name, { workload: 'good', readyAfter: '10m' });
    await Promise.all(slow.map((name) => whims.reason(name, 'WorkloadsProgressing')));
    await whims.create('quick');
    await whims.ready('quick');
    await whims.patch('slow-1', { spec: { readyAfter: '' } });
    await whims.ready('slow-1', 2);
  });

  test('a hook that takes long says so, and who waits for a free helm says that, and can still be suspended', async () => {
    const place = 'op-pains-hooks';
    const hooked = await startWhims({ namespace: place, kinds: { HookWhim: {}, QuietWhim: {} } });
    const kinds = hooked.whims;
    await kinds.QuietWhim.create('leaves', { preDelete: 'good', worksFor: '6s' });
    await kinds.QuietWhim.ready('leaves');
    const names = ['hooked-1', 'hooked-2', 'hooked-3', 'hooked-4']; // as many as there are helms
    const hooks = { preInstall: 'good', worksFor: '12s' };
    for (const name of names) await kinds.HookWhim.create(name, hooks);
    const says = (of: Whims, name: string, text: string) =>
      of.until(name, `says "${text}"`, ({ status }) => (condition(status, 'Ready')?.message ?? '').includes(text));
    await Promise.all(names.map((name) => says(kinds.HookWhim, name, 'helm is at work, for 330 s at most')));
    for (const name of ['waits', 'paused']) await kinds.QuietWhim.create(name);
    await kinds.QuietWhim.delete('leaves');
    const waiting = ['waits', 'paused', 'leaves'];
    await Promise.all(waiting.map((name) => says(kinds.QuietWhim, name, 'Waiting for a free helm: 4 are')));
    await kinds.QuietWhim.annotate('paused', { suspend: 'true' });
    await says(kinds.QuietWhim, 'leaves', 'helm is at work, for 330 s at most');
    await kinds.QuietWhim.gone('leaves');
    await Promise.all([...names.map((name) => kinds.HookWhim.ready(name)), kinds.QuietWhim.ready('waits')]);
    await kinds.QuietWhim.reason('paused', 'Suspended');
    expect(await greetingOf(place, 'paused')).toBeUndefined();
    await hooked.stop();
  });

  test('not all releases are upgraded at once after a start with something new', async () => {
    const { start } = await apart('ManyWhim', 'op-pains-many');
    const names = Array.from({ length: 10 }, (_, index) => `many-${index}`);
    const first = await start();
    for (const name of names) await first.whims.create(name);
    await Promise.all(names.map((name) => first.whims.ready(name, 1)));
    await first.operator.stop();

    const second = await start({ overrideValues: { greeting: 'everywhere' } });
    const seen: number[] = [];
    const counting = setInterval(() => seen.push(second.operator.helm.running), 5);
    await Promise.all(names.map((name) => second.whims.ready(name, 2)));
    clearInterval(counting);
    expect(Math.max(...seen)).toBeGreaterThan(1);
    expect(Math.max(...seen)).toBeLessThanOrEqual(4);
    expect(second.operator.helm.verbs).toEqual(names.map(() => 'upgrade'));
    await second.operator.stop();
  });

  test('what happened while the operator was away is neither missed nor done twice', async () => {
    const place = 'op-pains-away';
    const { kind, start } = await apart('AwayWhim', place);
    const away = new Whims(kind, { client: lab.client, namespace: place });
    const first = await start();
    const names = ['same', 'changed', 'changed-back', 'deleted', 'replaced'];
    for (const name of names) await away.create(name);
    await Promise.all(names.map((name) => away.ready(name, 1)));
    await first.operator.stop();

    await away.patch('changed', { spec: { greeting: 'new' } });
    await away.patch('changed-back', { spec: { greeting: 'new' } });
    await away.patch('changed-back', { spec: { greeting: null } });
    await away.create('born', { greeting: 'new' });
    await away.delete('deleted');
    await away.patch('replaced', { metadata: { finalizers: [] } });
    await away.delete('replaced');
    await away.create('replaced', { greeting: 'new' });

    const second = await start();
    const ready = Promise.all([away.ready('changed', 2), away.ready('born', 1), away.ready('replaced', 2)]);
    await Promise.all([ready, away.gone('deleted'), away.ready('changed-back', 1)]);
    for (const name of ['changed', 'born', 'replaced']) expect(await greetingOf(place, name)).toBe('new');
    expect(second.whims.verbs('changed')).toEqual(['upgrade']);
    expect(second.whims.verbs('born')).toEqual(['install']);
    expect(second.whims.verbs('replaced')).toEqual(['upgrade']);
    expect(second.whims.verbs('deleted')).toEqual(['uninstall']);
    expect([...second.whims.calls('same'), ...second.whims.calls('changed-back')]).toEqual([]);
    await second.operator.stop();
  });
});

test('each pain of the table has a test of that name', async () => {
  const own = await readFile(import.meta.filename, 'utf8');
  const rows = [...own.matchAll(/^\/\/ \| (.+?) \| (\S+\.test\.ts) \| (.+) \|$/gm)];
  expect(rows.length).toBeGreaterThan(25);
  for (const [, pain = '', file = '', name = ''] of rows) {
    const text = await readFile(join(import.meta.dirname, file), 'utf8');
    expect(
      text.includes(`test('${name}'`) || text.includes(`it('${name}'`),
      `${pain}: ${file} has no test "${name}"`,
    ).toBe(true);
  }
});
