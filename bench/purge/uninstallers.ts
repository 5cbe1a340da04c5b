// Who uninstalls all releases of a site, each as its user would have it done.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import { Discovery } from '../../src/kube/discovery.ts';
import { openClient } from '../../src/kube/open-client.ts';
import { CoreResources, gvkOf } from '../../src/kube/resource.ts';
import { freePorts } from '../../src/local/ports.ts';
import { concurrencyOf } from '../../src/purge/policy/settings.ts';
import { recordSecretName } from '../../src/release/record.ts';
import type { TestCluster } from '../../test/support/test-context.ts';
import { objectsOf } from '../chart-objects.ts';
import type { ReleaseName, Site } from '../site.ts';
import type { SideName } from './figures.ts';
import type { MeteredPrograms } from './metered-programs.ts';
import { writePolicy } from './policy-file.ts';
import type { ReleaseTemplate } from './release-template.ts';

/** What an uninstaller is given. */
export interface UninstallTask {
  readonly site: Site;
  readonly programs: MeteredPrograms;
  readonly cluster: Pick<TestCluster, 'helm' | 'path'>;
  /** Of the objects that each release has. */
  readonly template: Pick<ReleaseTemplate, 'objects'>;
  readonly signal: AbortSignal;
  /** Of the API server, or of what delays it. */
  readonly kubeconfig: string;
  /** A directory of its own. */
  readonly directory: string;
  /** Where our purge has its Lease. */
  readonly operatorNamespace: string;
  /** helm-release-pruner, for its side. */
  readonly pruner: string | undefined;
  /** Resolves when nothing is left, for one that does not end by itself. */
  readonly untilGone: () => Promise<void>;
  /** Where our process leaves a profile of its CPU. Absent: none is taken. */
  readonly profileDir?: string;
}

/** What our user starts. */
export const ourProgram = join(import.meta.dirname, '..', '..', 'dist', 'main.js');

/** helm processes at once, of those who start them at once. */
export const helmsAtOnce = 8;

/** Resolves when it has ended. @throws BenchError where it fails */
export const uninstallers: Readonly<Record<SideName, (task: UninstallTask) => Promise<unknown>>> = {
  serial: async (task) => {
    for (const release of task.site.releases) await helmUninstall(release, task);
  },
  helm8: async (task) => {
    const listed = await helm(['list', '-A', '--max', '0', '-o', 'json'], task);
    const releases = (JSON.parse(listed) as ReleaseName[]).filter(({ namespace }) =>
      namespace.startsWith(task.site.prefix),
    );
    await pMap(releases, (release) => helmUninstall(release, task), { concurrency: helmsAtOnce });
  },
  'helm-driver': (task) => ourPurge('helm', task),
  native: (task) => ourPurge('native', task),
  pruner: runPruner,
  floor: deleteBare,
};

/** Releases at once, as many as ours has. */
export const deletesAtOnce = concurrencyOf({ concurrency: undefined }, 'native');

/** What any of the programs finds around it. */
export function environmentOf(
  task: Pick<UninstallTask, 'cluster' | 'kubeconfig' | 'directory' | 'operatorNamespace'>,
): Readonly<Record<string, string>> {
  return {
    PATH: task.cluster.path,
    HOME: task.directory,
    KUBECONFIG: task.kubeconfig,
    HELM_BIN: task.cluster.helm,
    POD_NAMESPACE: task.operatorNamespace,
    XDG_STATE_HOME: join(task.directory, 'state'),
  };
}

function helm(args: readonly string[], task: UninstallTask): Promise<string> {
  const { cluster, programs } = task;
  return programs.run({ name: `helm ${args[0]}`, file: cluster.helm, args, env: environmentOf(task), isHelm: true });
}

function helmUninstall({ namespace, name }: ReleaseName, task: UninstallTask): Promise<string> {
  return helm(['uninstall', name, '-n', namespace], task);
}

async function ourPurge(driver: 'helm' | 'native', task: UninstallTask): Promise<void> {
  const { site, programs, directory, profileDir } = task;
  const policy = await writePolicy(site, { directory });
  const profiler = profileDir === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileDir];
  await programs.run({
    name: `purge run --driver ${driver}`,
    file: process.execPath,
    args: [...profiler, ourProgram, 'purge', 'run', '-f', policy, '--yes', '--driver', driver, '-o', 'json'],
    env: environmentOf(task),
  });
}

/** A release must be older than this for the pruner, by its clock. */
const oldSeconds = 1;

/**
 * Its age filter alone selects, and nothing slows it down. It is a daemon: one round of an hour is enough, and then it is
 * told to end.
 */
async function runPruner(task: UninstallTask): Promise<void> {
  const { site, programs, pruner = '', untilGone } = task;
  const [port = 0] = await freePorts(1);
  const ending = new AbortController();
  const args = prunerArgs(site, port);
  const running = programs.run({
    name: 'helm-release-pruner',
    file: pruner,
    args,
    env: environmentOf(task),
    ending: ending.signal,
  });
  const endedTooEarly = running.then(() => Promise.reject(new Error('helm-release-pruner ended by itself')));
  try {
    await Promise.race([untilGone(), endedTooEarly]);
  } finally {
    ending.abort();
    await Promise.allSettled([running, endedTooEarly]);
  }
}

/** Flags of helm-release-pruner 4: everything in these namespaces that is a second old, without a pause between. */
export function prunerArgs({ prefix }: Pick<Site, 'prefix'>, healthPort: number): readonly string[] {
  return [
    `--older-than=${oldSeconds}s`,
    `--namespace-filter=^${prefix}`,
    '--preserve-namespace',
    '--delete-rate-limit=0',
    '--interval=1h',
    `--health-addr=127.0.0.1:${healthPort}`,
  ];
}

/** Until the pruner takes the youngest for old. */
export function untilOld(signal: AbortSignal): Promise<void> {
  return delay((oldSeconds + 1) * 1000, undefined, { signal });
}

/** Everything of each release in the manifest's order, then its record. */
async function deleteBare({ site, template, kubeconfig, directory, signal }: UninstallTask): Promise<void> {
  const { client, close } = await openClient({ kubeconfig, homeDir: directory, userAgent: 'bare' });
  const discovery = new Discovery(client);
  const deleteOne = async (release: ReleaseName): Promise<void> => {
    const { namespace } = release;
    for (const object of objectsOf(template.objects, release)) {
      const resource = await discovery.resolve(gvkOf(object), signal);
      await client.delete(resource, { namespace, name: object.metadata.name ?? '', signal });
    }
    await client.delete(CoreResources.secrets, { namespace, name: recordSecretName(release.name, 1), signal });
  };
  await pMap(site.releases, deleteOne, { concurrency: deletesAtOnce, signal });
  await close();
}
