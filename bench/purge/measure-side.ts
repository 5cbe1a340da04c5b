// One uninstall of all releases of a site: what it takes, and what it costs everybody.
import { mkdir, mkdtemp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pMap from 'p-map';
import { CoreResources, resourcePath } from '../../src/kube/resource.ts';
import { type ComponentProcess, findComponentProcesses } from '../../src/local/component-processes.ts';
import type { ComponentName } from '../../src/local/components.ts';
import { undoSecretType } from '../../src/purge/restore/undo-secret.ts';
import { ChaosProxy } from '../../test/support/chaos-proxy.ts';
import type { TestCluster } from '../../test/support/test-context.ts';
import { type AuditLog, ofTheMeasured } from '../audit-log.ts';
import { askMs, deadlineFor, settled, width } from '../pace.ts';
import { machineCpuSeconds, processFigures } from '../process-figures.ts';
import { type Site, siteOf } from '../site.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';
import type { SideFigures, SideName } from './figures.ts';
import { MeteredPrograms } from './metered-programs.ts';
import type { PurgeBenchOptions } from './options.ts';
import { placeReleases } from './place-releases.ts';
import type { ReleaseTemplate } from './release-template.ts';
import { uninstallers, untilOld } from './uninstallers.ts';

/** What a measurement needs. */
export interface Stage {
  readonly world: World;
  readonly cluster: TestCluster;
  readonly audit: AuditLog;
  readonly template: ReleaseTemplate;
  readonly options: Pick<PurgeBenchOptions, 'settleSeconds' | 'pruner'>;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Where our purge has its Lease. */
  readonly operatorNamespace: string;
}

/** Which of the measurements. */
export interface Measured {
  readonly n: number;
  readonly run: number;
  readonly latencyMs: number;
  /** Where our process leaves a profile of its CPU. Absent: none is taken, which costs less. */
  readonly profileDir?: string;
}

/** New releases, all of their pods, a pause; then what is measured. */
export async function measureSide(side: SideName, measured: Measured, stage: Stage): Promise<SideFigures> {
  const { latencyMs, profileDir } = measured;
  const { cluster, world, say, signal, options } = stage;
  const where = `${side}${latencyMs === 0 ? '' : `-${latencyMs}ms`}${profileDir === undefined ? '' : '-profiled'}`;
  const site = siteOf(where, measured);
  await placeReleases(site, stage);
  say(`${where}, ${site.releases.length} releases: their pods run`);
  await settled(options.settleSeconds, signal);
  if (side === 'pruner') await untilOld(signal);
  const directory = await mkdtemp(join(cluster.testRoot, `${where}-`));
  await mkdir(join(directory, 'state'));
  await using proxy = latencyMs === 0 ? undefined : await ChaosProxy.start({ kubeconfig: cluster.kubeconfig });
  proxy?.faults.add({ kind: 'latency', delayMs: latencyMs });
  const untilGone = (): Promise<void> => untilNothingIsLeft(site, { world, signal });
  const components = await findComponentProcesses(dirname(cluster.kubeconfig));

  using programs = new MeteredPrograms(signal);
  const counted = await stage.audit.count();
  const [own, control, machine] = [process.cpuUsage(), cpuOf(components), machineCpuSeconds()];
  const startedMs = performance.now();
  await uninstallers[side]({
    ...stage,
    site,
    programs,
    directory,
    kubeconfig: proxy?.kubeconfig ?? cluster.kubeconfig,
    pruner: options.pruner,
    untilGone,
    ...(profileDir === undefined ? {} : { profileDir }),
  });
  await untilGone();
  const seconds = (performance.now() - startedMs) / 1000;
  const [{ user, system }, machineSeconds] = [process.cpuUsage(own), machineCpuSeconds() - machine];
  const figures = {
    seconds,
    requests: ofTheMeasured(await counted()),
    cost: programs.cost(),
    controlPlane: since(control, cpuOf(components)),
    benchCpuSeconds: (user + system) / 1e6,
    machineCpuSeconds: machineSeconds,
  };
  say(`${where}, ${site.releases.length} releases: uninstalled in ${seconds.toFixed(2)} s`);
  await removeUndo(site, stage);
  return figures;
}

/** What our purge keeps for the way back is not to weigh on the next side. */
async function removeUndo(site: Site, { world, signal }: Stage): Promise<void> {
  await pMap(
    site.namespaces,
    (namespace) =>
      world.client.raw({
        method: 'DELETE',
        path: resourcePath(CoreResources.secrets, { namespace }),
        query: { fieldSelector: `type=${undoSecretType}` },
        what: `remove the undo Secrets of ${namespace}`,
        signal,
      }),
    { concurrency: width, signal },
  );
}

function untilNothingIsLeft(site: Site, { world, signal }: Pick<Stage, 'world' | 'signal'>): Promise<void> {
  return until(`the end of ${site.releases.length} releases (${site.side})`, {
    signal,
    deadlineMs: deadlineFor(site),
    missing: () => world.leftOf(site),
    pollMs: askMs,
  });
}

type ComponentCpu = Readonly<Partial<Record<ComponentName, number>>>;

function cpuOf(components: readonly ComponentProcess[]): ComponentCpu {
  return Object.fromEntries(components.map(({ name, identity }) => [name, processFigures(identity.pid).cpuSeconds]));
}

function since(before: ComponentCpu, after: ComponentCpu): ComponentCpu {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name as ComponentName] ?? 0)]),
  );
}
