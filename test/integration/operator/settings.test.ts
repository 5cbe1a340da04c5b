// What annotations and fields of watches.yaml change (DESIGN.md §2, §3, O14).
import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { condition, eventually, startOperator, type Watched } from '../../support/operator-run.ts';
import type { ReleaseLab } from '../../support/release-lab.ts';
import { testCluster } from '../../support/test-context.ts';
import { greetingOf, makeNamespace, Whims, type WhimWorld } from '../../support/whim-world.ts';
import { installWhims, whimChart } from '../../support/whims.ts';
import { withWhims } from '../../support/with-whims.ts';

const namespace = 'op-settings';
const accounts = 'op-settings-accounts';
const leaving = 'op-settings-leaving';
const kinds = {
  SettledWhim: { remediation: { retries: 0 } },
  PickedWhim: { selector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['a', 'b'] }] } },
  UnwatchedWhim: { watchDependentResources: false },
  WideWhim: { releaseNamespace: namespace },
  AccountWhim: { serviceAccount: 'deployer', remediation: { retries: 5 } },
};
let world: WhimWorld<keyof typeof kinds>;
let whims: Whims;
let lab: ReleaseLab;

withWhims({ namespace, alsoIn: [accounts, leaving], kinds }, (begun) => {
  ({ world, lab } = begun);
  whims = world.whims.SettledWhim;
});

const sdk = (key: string): string => `helm.sdk.operatorframework.io/${key}`;
const messageOf = ({ status }: Watched): string => condition(status, 'Ready')?.message ?? '';
/** Once the operator has looked at the resource after all that was done to it until now. */
const lookedAt = async (name: string, at = whims): Promise<Watched> => {
  const request = String(Math.random());
  await at.annotate(name, { 'reconcile-requested-at': request });
  return at.until(name, 'was looked at', ({ status }) => status?.lastHandledReconcileAt === request);
};

describe.concurrent('an annotation', () => {
  test('a release can be paused: suspended, nothing happens to it, whatever is asked for', async () => {
    await whims.create('paused');
    await whims.ready('paused', 1);
    await whims.annotate('paused', { suspend: 'true', 'force-requested-at': 'now' });
    await whims.reason('paused', 'Suspended');
    await whims.patch('paused', { spec: { greeting: 'new' } });
    const flags = ['--set', 'greeting=theirs', '--server-side=true', '--force-conflicts'];
    await lab.helm('upgrade', 'paused', whimChart, '-n', namespace, ...flags);
    const paused = await lookedAt('paused');
    expect(condition(paused.status, 'Ready')).toMatchObject({ status: 'Unknown', reason: 'Suspended' });
    expect(whims.verbs('paused')).toEqual(['install']);
    await whims.annotate('paused', { suspend: null });
    await whims.ready('paused', 3);
    expect(await greetingOf(namespace, 'paused')).toBe('new');
    expect(whims.verbs('paused')).toEqual(['install', 'upgrade']);
  });

  test('suspend: what may be meant to be suspended is left alone, and waits with its deletion too', async () => {
    await whims.create('perhaps');
    await whims.ready('perhaps', 1);
    await whims.annotate('perhaps', { suspend: 'yes' });
    await whims.patch('perhaps', { spec: { greeting: 'new' } });
    const blocked = await whims.reason('perhaps', 'InvalidAnnotation');
    expect(condition(blocked.status, 'Ready')?.message).toContain('helm.velotio.com/suspend is "yes", expected');
    await whims.delete('perhaps');
    await whims.event('perhaps', /^InvalidAnnotation: it is being deleted, but may be suspended, and so waits/);
    expect(await greetingOf(namespace, 'perhaps')).toBe('hello');
    await whims.annotate('perhaps', { suspend: 'True' });
    await whims.reason('perhaps', 'Suspended');
    expect(whims.verbs('perhaps')).toEqual(['install']);
    await whims.annotate('perhaps', { suspend: 'False' });
    await whims.gone('perhaps');
  });

  test('reconcile-requested-at: the resource is looked at, which is echoed, and no helm is started', async () => {
    await whims.create('looked-at');
    await whims.ready('looked-at', 1);
    await lookedAt('looked-at');
    expect((await lookedAt('looked-at')).status?.release?.revision).toBe(1);
    expect(whims.verbs('looked-at')).toEqual(['install']);
  });

  test('timeout: is what helm is given', async () => {
    await whims.create('timed', {}, { annotations: { 'helm.velotio.com/timeout': '1m30s' } });
    await whims.ready('timed');
    await whims.delete('timed');
    await whims.gone('timed');
    expect(whims.calls('timed')[0]).toContain('--timeout=90s');
    expect(whims.verbs('timed')).toEqual(['install', 'uninstall']);
  });

  test('timeout: helm gives up when it is over', async () => {
    const annotations = { 'helm.velotio.com/timeout': '2s' };
    await whims.create('hurried', { preInstall: 'good', worksFor: '60s' }, { annotations });
    const failed = await whims.reason('hurried', 'RetriesExhausted');
    expect(messageOf(failed)).toMatch(/pre-install|timed out/);
  });

  test('that cannot be read blocks the resource, and names what is expected', async () => {
    await whims.create('misspelt', {}, { annotations: { 'helm.velotio.com/timeout': 'soon' } });
    const blocked = await whims.reason('misspelt', 'InvalidAnnotation');
    expect(messageOf(blocked)).toContain('helm.velotio.com/timeout is "soon", expected a duration');
    expect(whims.calls('misspelt')).toEqual([]);
    await whims.annotate('misspelt', { timeout: '1m' });
    await whims.ready('misspelt', 1);
    await whims.annotate('misspelt', { drift: 'Enabled' });
    await whims.patch('misspelt', { spec: { greeting: 'new' } });
    const again = await whims.reason('misspelt', 'InvalidAnnotation');
    expect(messageOf(again)).toContain('one of enabled, warn, disabled');
    expect(again.status?.release?.revision).toBe(1);
    await whims.annotate('misspelt', { drift: null });
    await whims.ready('misspelt', 2);
  });

  test('upgrade-force and rollback-force: helm replaces instead of applying, and never without them', async () => {
    const annotations = { [sdk('upgrade-force')]: 'true', [sdk('rollback-force')]: 'true' };
    await Promise.all([whims.create('forced', { workload: 'good' }, { annotations }), whims.create('gentle')]);
    await Promise.all([whims.ready('forced'), whims.ready('gentle')]);
    await whims.patch('forced', { spec: { greeting: 'new' } });
    await whims.ready('forced', 2);
    await whims.patch('forced', { spec: { preUpgrade: 'fail' } });
    await whims.patch('gentle', { spec: { preUpgrade: 'fail' } });
    await Promise.all([whims.reason('forced', 'RetriesExhausted'), whims.reason('gentle', 'RetriesExhausted')]);
    const forced = whims.calls('forced');
    expect(forced.map(([verb]) => verb)).toEqual(['install', 'upgrade', 'upgrade', 'rollback']);
    for (const args of forced) {
      expect(args).toEqual(expect.arrayContaining(['--force-replace', '--server-side=false']));
      expect(args).not.toContain('--force-conflicts');
    }
    const gentle = whims.calls('gentle');
    expect(gentle.map(([verb]) => verb)).toEqual(['install', 'upgrade', 'rollback']);
    for (const args of gentle) expect(args).not.toContain('--force-replace');
  });

  test('the reconcile-period of an annotation is obeyed, also 0', async () => {
    const unwatched = world.whims.UnwatchedWhim;
    // the echo of its own last status is over when the other is ready
    await unwatched.create('unseen', {}, { annotations: { [sdk('reconcile-period')]: '0' } });
    await unwatched.ready('unseen');
    await unwatched.create('seen', {}, { annotations: { [sdk('reconcile-period')]: '1s' } });
    await unwatched.ready('seen');
    await lab.kubectl('-n', namespace, 'delete', 'configmap', 'seen', 'unseen');
    const seen = await unwatched.reason('seen', 'WorkloadsProgressing');
    expect(messageOf(seen)).toContain('ConfigMap seen: it is missing');
    expect(condition((await unwatched.get('unseen'))?.status, 'Ready')).toMatchObject({ status: 'True' });
  });
});

describe.concurrent('watchDependentResources: false', () => {
  test('watches none of the release’s objects: a roll-out is polled until it is ready, and what comes later is found when asked for', async () => {
    const place = 'op-settings-unwatched';
    await makeNamespace(place);
    const kind = await installWhims('BlindWhim', { namespace: place });
    const operator = await startOperator({
      namespace: place,
      entries: [await kind.entry({ watchDependentResources: false })],
    });
    const blind = new Whims(kind, { ...operator, namespace: place });
    await blind.create('blind', { workload: 'good', readyAfter: '3s', service: true });
    await blind.reason('blind', 'WorkloadsProgressing');
    await blind.ready('blind', 1);
    const watched = [...(await operator.figures()).matchAll(/^\S+_watch_objects\{([^}]*)\}/gm)].map(
      ([, labels]) => labels,
    );
    expect(watched.length).toBeGreaterThan(0);
    expect(watched.filter((labels) => /deployments|services|configmaps/.test(labels ?? ''))).toEqual([]);

    await lab.kubectl('-n', place, 'delete', 'deployment', 'blind');
    await eventually('the Deployment is gone', async () => !(await lab.exists('deployment', '-n', place, 'blind')));
    const asked = await lookedAt('blind', blind);
    expect(messageOf(asked)).toContain('Deployment blind: it is missing');
    expect(condition(asked.status, 'Ready')).toMatchObject({ status: 'False' });
    await blind.delete('blind');
    await blind.gone('blind');
    expect(await greetingOf(place, 'blind')).toBeUndefined();
    await operator.stop();
    await lab.kubectl('delete', 'namespace', place, '--wait=false');
  });
});

describe.concurrent('a selector', () => {
  test('what does not match is not touched; what matched once is left as it is', async () => {
    const picked = world.whims.PickedWhim;
    await picked.create('ignored', {}, { labels: { team: 'c' } });
    await picked.create('picked', {}, { labels: { team: 'a' } });
    await picked.ready('picked', 1);
    const ignored = await picked.get('ignored');
    expect([ignored?.metadata.finalizers, ignored?.status]).toEqual([undefined, undefined]);
    await picked.patch('picked', { metadata: { labels: { team: 'c' } }, spec: { greeting: 'new' } });
    await picked.patch('ignored', { metadata: { labels: { team: 'b' } } });
    await picked.ready('ignored', 1);
    expect(await greetingOf(namespace, 'picked')).toBe('hello');
    expect(picked.verbs('picked')).toEqual(['install']);
  });
});

describe.concurrent('a cluster-scoped kind', () => {
  test('has its releases where the entry says, and they go with the resource', async () => {
    const wide = world.whims.WideWhim;
    await wide.create('wide', { clusterRole: true });
    const ready = await wide.ready('wide', 1);
    expect(ready.status?.release?.namespace).toBe(namespace);
    expect(await greetingOf(namespace, 'wide')).toBe('hello');
    await wide.event('wide', /^Installed: /);
    await wide.patch('wide', { spec: { greeting: 'new' } });
    await wide.ready('wide', 2);
    await wide.delete('wide');
    await wide.gone('wide');
    expect(await greetingOf(namespace, 'wide')).toBeUndefined();
    expect(await lab.exists('clusterrole', `whim-${namespace}-wide`)).toBe(false);
  });
});

describe.concurrent('a chart with cluster-scoped objects', () => {
  test('has them made, changed and deleted with the release, by helm', async () => {
    const role = `whim-${namespace}-roles`;
    await whims.create('roles', { clusterRole: true });
    const ready = await whims.ready('roles', 1);
    expect(ready.status?.inventory?.map(({ kind, name }) => `${kind}/${name}`)).toContain(`ClusterRole/${role}`);
    await whims.patch('roles', { spec: { clusterRole: false } });
    await whims.ready('roles', 2);
    expect(await lab.exists('clusterrole', role)).toBe(false);
    await whims.patch('roles', { spec: { clusterRole: true } });
    await whims.ready('roles', 3);
    await whims.delete('roles');
    await whims.gone('roles');
    expect(await lab.exists('clusterrole', role)).toBe(false);
    expect(whims.verbs('roles')).toEqual(['install', 'upgrade', 'upgrade', 'uninstall']);
  });
});

describe.concurrent('crds', () => {
  const place = 'op-settings-crds';
  const policies = ['Skip', 'Create', 'CreateReplace'] as const;
  const crdOf = (policy: string) => `gadgets.${policy.toLowerCase()}.op-settings.test.velotio.com`;
  const versionOf = async (policy: string): Promise<string | undefined> => {
    const labels = ['--ignore-not-found', '-o', 'jsonpath={.metadata.labels.edition}'];
    const text = await lab.kubectl('get', 'crd', crdOf(policy), ...labels);
    return text === '' ? undefined : text;
  };
  const crd = (policy: string, edition: string) => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${crdOf(policy)}, labels: {edition: ${edition}}}
spec:
  group: ${crdOf(policy).replace('gadgets.', '')}
  scope: Namespaced
  names: {kind: Gadget, plural: gadgets}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`;

  test('CRDs in crds/ are upgraded with the chart where the entry says so: Skip, Create, CreateReplace', async () => {
    await makeNamespace(place);
    const charts = await mkdtemp(join(testCluster().testRoot, 'crds-'));
    const all = await Promise.all(
      policies.map(async (policy) => {
        const chart = join(charts, policy);
        await cp(whimChart, chart, { recursive: true });
        await mkdir(join(chart, 'crds'));
        return { policy, chart, kind: await installWhims(`${policy}CrdsWhim`, { namespace: place }) };
      }),
    );
    /** An operator that finds this edition of the charts at its start. */
    const run = async (edition: string, work: (kinds: readonly Whims[]) => Promise<void>): Promise<void> => {
      const entries = await Promise.all(
        all.map(async ({ policy, chart, kind }) => {
          await writeFile(join(chart, 'crds', 'gadget.yaml'), crd(policy, edition));
          return kind.entry({ chart, crds: policy });
        }),
      );
      const operator = await startOperator({ namespace: place, entries });
      await work(all.map(({ kind }) => new Whims(kind, { ...operator, namespace: place })));
      await operator.stop();
    };
    const editions = () => Promise.all(policies.map(versionOf));

    await run('first', async (installed) => {
      for (const each of installed) await each.create(each.kind.kind.toLowerCase());
      await Promise.all(installed.map((each) => each.ready(each.kind.kind.toLowerCase(), 1)));
      expect(await editions()).toEqual([undefined, 'first', 'first']);
    });
    await run('second', async (upgraded) => {
      await Promise.all(upgraded.map((each) => each.ready(each.kind.kind.toLowerCase(), 2)));
      expect(await editions()).toEqual([undefined, 'first', 'second']);
      for (const each of upgraded) await each.delete(each.kind.kind.toLowerCase());
      await Promise.all(upgraded.map((each) => each.gone(each.kind.kind.toLowerCase())));
      // a CRD is never deleted: that would delete every resource of its kind
      expect(await editions()).toEqual([undefined, 'first', 'second']);
    });
    await lab.kubectl('delete', 'crd', crdOf('Create'), crdOf('CreateReplace'));
    await lab.kubectl('delete', 'namespace', place, '--wait=false');
  });
});

describe.concurrent('a serviceAccount', () => {
  const user = `system:serviceaccount:${accounts}:deployer`;

  test('a missing right is named, and found when it is granted: a serviceAccount is whom helm acts as in every call', async () => {
    const account = world.whims.AccountWhim.in(accounts);
    await lab.kubectl('-n', accounts, 'create', 'serviceaccount', 'deployer');
    await account.create('acting');
    const forbidden = await account.reason('acting', 'Forbidden');
    expect(messageOf(forbidden)).toContain(`User "${user}" cannot `);
    expect(messageOf(forbidden)).toContain('Grant the right that the message names');
    expect(condition(forbidden.status, 'Stalled')).toBeUndefined();
    const role = ['rolebinding', 'deployer', '--clusterrole=admin', `--serviceaccount=${accounts}:deployer`];
    await lab.kubectl('-n', accounts, 'create', ...role);
    await account.ready('acting');

    await account.patch('acting', { spec: { preUpgrade: 'fail' } });
    await account.until('acting', 'went back', ({ status }) => status?.release?.revision === 3);
    await account.delete('acting');
    await account.gone('acting');
    const verbs = account.verbs('acting');
    expect(new Set(verbs)).toEqual(new Set(['install', 'upgrade', 'rollback', 'uninstall']));
    for (const args of account.calls('acting')) expect(args).toContain(`--kube-as-user=${user}`);
  });

  test('may be gone, with all its rights, when its namespace is deleted: nothing hangs', async () => {
    const leaver = world.whims.AccountWhim.in(leaving);
    await lab.kubectl('-n', leaving, 'create', 'serviceaccount', 'deployer');
    const role = ['rolebinding', 'deployer', '--clusterrole=admin', `--serviceaccount=${leaving}:deployer`];
    await lab.kubectl('-n', leaving, 'create', ...role);
    await leaver.create('leaver', { workload: 'good', claim: 'plain' });
    await leaver.ready('leaver');
    await lab.kubectl('-n', leaving, 'delete', 'rolebinding', 'deployer');
    await lab.kubectl('delete', 'namespace', leaving, '--wait=false');
    await eventually('the namespace is gone', async () => !(await lab.exists('namespace', leaving)));
  });
});
