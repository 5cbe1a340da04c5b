// `purge plan` and `purge run` with a policy that lives in the cluster: taken, missing, wrong, forbidden.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { PurgePlan } from '../../src/purge/plan/plan.ts';
import { kubectlApply } from '../support/kubectl-apply.ts';
import { established, kubectl } from '../support/operator-run.ts';
import { PurgeWorld } from '../support/purge-world.ts';
import { testCluster } from '../support/test-context.ts';

const cluster = testCluster();
const main = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
let world: PurgeWorld;
let dir: string;

beforeAll(async () => {
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/velotio.com_purgepolicies.yaml');
  await established('purgepolicies.velotio.com');
  world = await PurgeWorld.open('policy', cluster);
  dir = await mkdtemp(join(cluster.testRoot, 'policy-'));
});

afterAll(async () => {
  await kubectl('delete', 'purgepolicies', '-l', `purge-test=${world.id}`);
  await world[Symbol.asyncDispose]();
});

/** stdin is a pipe: no terminal. */
const purge = (args: readonly string[], kubeconfig = cluster.kubeconfig) =>
  execa(process.execPath, [main, 'purge', ...args], {
    reject: false,
    env: { PATH: cluster.path, KUBECONFIG: kubeconfig, XDG_STATE_HOME: join(dir, 'state') },
  });

/** A policy in the cluster that sees one namespace, and what a test adds to its spec. Returns its name. */
async function policy(namespace: string, spec: object = {}): Promise<string> {
  const name = `${namespace}-policy`;
  await kubectlApply({
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'PurgePolicy',
    metadata: { name, labels: { 'purge-test': world.id } },
    spec: {
      namespaceSelector: { matchLabels: { 'purge-test': world.id, 'kubernetes.io/metadata.name': namespace } },
      ...spec,
    },
  });
  return name;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, unknown>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, unknown>> }[];
}

/** The cluster's kubeconfig with some fields of its cluster or its user exchanged. */
async function kubeconfig(change: { readonly cluster?: object; readonly user?: object }): Promise<string> {
  const config = parse(await readFile(cluster.kubeconfig, 'utf8')) as Kubeconfig;
  const changed = {
    ...config,
    clusters: config.clusters.map((each) => ({ ...each, cluster: { ...each.cluster, ...change.cluster } })),
    users: config.users.map((each) => ({ ...each, user: { ...each.user, ...change.user } })),
  };
  const file = join(await mkdtemp(join(dir, 'kubeconfig-')), 'config');
  await writeFile(file, JSON.stringify(changed));
  return file;
}

/** The Events of a policy, the oldest first: type, reason, note. The command has written them when it ends. */
async function eventsOf(name: string): Promise<readonly (readonly string[])[]> {
  const args = ['get', 'events.events.k8s.io', '-n', 'default', '--kubeconfig', cluster.kubeconfig, '-o', 'json'];
  const { items } = JSON.parse((await execa(cluster.kubectl, args)).stdout) as { items: readonly PolicyEvent[] };
  return items
    .filter(({ regarding }) => regarding.kind === 'PurgePolicy' && regarding.name === name)
    .sort((a, b) => (a.eventTime < b.eventTime ? -1 : 1))
    .map(({ type, reason, note }) => [type, reason, note]);
}

interface PolicyEvent {
  readonly regarding: { readonly kind: string; readonly name: string };
  readonly eventTime: string;
  readonly type: string;
  readonly reason: string;
  readonly note: string;
}

describe('--policy', () => {
  it('plans and purges by a policy in the cluster', async () => {
    const ns = await world.namespace('run');
    await Promise.all(['a', 'my-db'].map((name) => world.install(ns, name)));
    const name = await policy(ns, { exclude: ['*-db'] });
    const planned = await purge(['plan', '--policy', name, '-o', 'json']);
    expect(planned.exitCode).toBe(0);
    const plan = JSON.parse(planned.stdout) as PurgePlan;
    expect([plan.policy, plan.entries.map((entry) => `${entry.name} ${entry.rule}`)]).toEqual([
      name,
      ['a selected', 'my-db exclude'],
    ]);
    expect(await world.releases(ns)).toEqual(['a', 'my-db']);
    expect((await purge(['run', '--policy', name, '--yes'])).exitCode).toBe(0);
    expect(await world.releases(ns)).toEqual(['my-db']);
  });

  it('tells on the policy that a run began, how it ended, and why there was none', async () => {
    const ns = await world.namespace('events');
    await world.install(ns, 'a');
    const name = await policy(ns);
    expect((await purge(['run', '--policy', name, '--yes'])).exitCode).toBe(0);
    await kubectl('patch', 'purgepolicy', name, '--type=merge', '-p', '{"spec":{"suspend":true}}');
    expect((await purge(['run', '--policy', name, '--yes'])).exitCode).toBe(2);
    const told = await eventsOf(name);
    expect(told).toEqual([
      ['Normal', 'PurgeStarted', expect.stringMatching(/^run \S+, asked for by \S+; releases: 1, namespaces: 1$/)],
      ['Normal', 'PurgeSucceeded', expect.stringMatching(/^run \S+: 1 purged, 0 failed, /)],
      ['Warning', 'PurgeRefused', `nothing was deleted: the policy ${name} is suspended`],
    ]);
  });

  it('heeds a policy that was suspended a moment ago', async () => {
    const ns = await world.namespace('suspended');
    await world.install(ns, 'a');
    const name = await policy(ns);
    await kubectl('patch', 'purgepolicy', name, '--type=merge', '-p', '{"spec":{"suspend":true}}');
    const { exitCode, stderr } = await purge(['run', '--policy', name, '--yes']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is suspended')]);
    expect(await world.releases(ns)).toEqual(['a']);
  });

  it('tells by its path what the API server let in and a run cannot use', async () => {
    const name = await policy(`${world.id}-wrong`, { schedule: '@daily', wakeSchedule: 'at seven' });
    const { exitCode, stdout, stderr } = await purge(['run', '--policy', name, '--yes']);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      new RegExp(`^error: the PurgePolicy ${name} in \\S+ is not a policy that can be used:$`, 'm'),
    );
    expect(stderr).toMatch(/^spec\.schedule: "@daily" is not a schedule/m);
    expect(stderr).toMatch(/^spec\.wakeSchedule: "at seven" is not a schedule/m);
  });

  it('names the policies that there are where the one asked for is not', async () => {
    const name = await policy(`${world.id}-there`);
    const { exitCode, stdout, stderr } = await purge(['plan', '--policy', `${name}-2`]);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`there is no PurgePolicy ${name}-2 in `);
    expect(stderr).toMatch(new RegExp(`There are: .*\\b${name}\\b`));
  });

  it('does not act by a policy that is being deleted', async () => {
    const name = await policy(`${world.id}-going`);
    const finalizer = (list: string) =>
      kubectl('patch', 'purgepolicy', name, '--type=merge', '-p', `{"metadata":{"finalizers":${list}}}`);
    await finalizer('["test.velotio.com/hold"]');
    await kubectl('delete', 'purgepolicy', name, '--wait=false');
    try {
      const { exitCode, stderr } = await purge(['run', '--policy', name, '--yes']);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is being deleted')]);
    } finally {
      await finalizer('[]');
    }
  });

  it('says how to install what is missing on a server that has no PurgePolicies', async () => {
    // Below a path that it does not have, the API server answers as it does for a kind that it does not serve.
    const file = await kubeconfig({ cluster: { server: `${cluster.server}/nowhere` } });
    const { exitCode, stdout, stderr } = await purge(['plan', '--policy', 'nightly'], file);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('does not know PurgePolicies');
    expect(stderr).toContain('bookstore-operator crd --kind PurgePolicy | kubectl apply -f -');
  });

  it('ends with 6 where the policy may not be read', async () => {
    const name = await policy(`${world.id}-secret`);
    const file = await kubeconfig({ user: { as: `${world.id}-stranger` } });
    const { exitCode, stdout, stderr } = await purge(['plan', '--policy', name], file);
    expect([exitCode, stdout]).toEqual([6, '']);
    expect(stderr).toContain('cannot get resource "purgepolicies"');
    expect(stderr).toContain('kubectl auth can-i');
  });

  it('needs no right to list policies: it then names none', async () => {
    const reader = `${world.id}-reader`;
    await kubectl('create', 'clusterrole', reader, '--verb=get', '--resource=purgepolicies.velotio.com');
    await kubectl('create', 'clusterrolebinding', reader, `--clusterrole=${reader}`, `--user=${reader}`);
    try {
      const file = await kubeconfig({ user: { as: reader } });
      const { exitCode, stderr } = await purge(['plan', '--policy', 'nobody-made-this'], file);
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('You may not list')]);
    } finally {
      await kubectl('delete', 'clusterrolebinding,clusterrole', reader);
    }
  });

  it.each([
    ['without a policy at all', [], 'Name a file with -f FILE, or a PurgePolicy in the cluster with --policy NAME'],
    [
      'with a file too',
      ['-f', 'x', '--policy', 'y'],
      "'--policy <name>' cannot be used with option '-f, --file <file>'",
    ],
    ['with a name that is none', ['--policy', '../x'], 'not the name of a PurgePolicy'],
  ])('%s ends with 2', async (_title, args, message) => {
    for (const command of [['plan'], ['run', '--yes']]) {
      const { exitCode, stdout, stderr } = await purge([...command, ...args]);
      expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)]);
    }
  });
});
