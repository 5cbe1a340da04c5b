// `npm run bench -- purge`: what it takes to uninstall N releases, by helm, by ours, and by Fairwinds' pruner.
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { purgeLeaseName } from '../../src/cli/purge-lock.ts';
import { openClient } from '../../src/kube/open-client.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import { freeLease } from '../../test/support/free-lease.ts';
import { startTestCluster } from '../../test/support/local-cluster.ts';
import type { TestCluster } from '../../test/support/test-context.ts';
import { AuditLog, auditFlags, benchAgent } from '../audit-log.ts';
import { BenchError } from '../bench-error.ts';
import { machine } from '../markdown.ts';
import { programVersion, requireProgram } from '../named-program.ts';
import { clusterVersions } from '../versions.ts';
import { World } from '../world.ts';
import { type LastLine, lastLine, type RunFigures, type SideFigures, type SideName, sideNames } from './figures.ts';
import { measurePlan } from './measure-plan.ts';
import { measureSide, type Stage } from './measure-side.ts';
import type { PurgeBenchOptions } from './options.ts';
import { type PageContext, type PurgeFigures, purgePage } from './page.ts';
import { purgePlots } from './plots.ts';
import { type CpuProfile, type ProfileSeconds, profileSeconds } from './profile-groups.ts';
import { withSources } from './profile-sources.ts';
import { takeTemplate } from './release-template.ts';

const operatorNamespace = 'bench-operator';

/** Added in front of the API server. */
const latencies = [0, 20] as const;

interface Context {
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Measures, writes the page and the plots, and gives back what goes onto the last line. */
export async function benchPurge(options: PurgeBenchOptions, context: Context): Promise<LastLine> {
  const { signal, say } = context;
  const { pruner } = options;
  if (pruner !== undefined) await requireProgram('BENCH_RELEASE_PRUNER', pruner);
  const { cluster, stop } = await startTestCluster({ signal, report: () => undefined, apiServerFlags: auditFlags });
  let figures: PurgeFigures;
  let versions: PageContext['versions'];
  try {
    const { client, close } = await openClient({
      kubeconfig: cluster.kubeconfig,
      homeDir: '/nonexistent',
      userAgent: benchAgent,
    });
    try {
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: operatorNamespace } };
      await client.create(CoreResources.namespaces, namespace, { fieldManager: benchAgent, signal });
      await freeLease(client, { namespace: operatorNamespace, name: purgeLeaseName }); // the first purge of a cluster waits 15 s
      const template = await takeTemplate(client, { cluster, signal });
      const given = { ...context, cluster, options, template, operatorNamespace };
      versions = { ...(await clusterVersions(client, given)), pruner: await prunerVersion(pruner) };
      const ofRun = { options, versions };
      // what took an hour is not to be lost with what fails after it
      const onRuns = (runs: readonly RunFigures[]) => writePage({ runs, profile: null, plan: null }, ofRun);
      const { runs, profile } = await measureAllSides({ ...given, onRuns });
      const plan = options.planReleases === 0 ? null : await measurePlan(options.planReleases, { ...given, client });
      figures = { runs, profile, plan };
    } finally {
      await close();
    }
  } finally {
    await stop();
  }
  say(`wrote ${await writePage(figures, { options, versions })}`);
  return lastLine(figures.runs, figures.plan);
}

interface OfRun {
  readonly options: PurgeBenchOptions;
  readonly versions: PageContext['versions'];
}

/** With its plots. Gives its path. */
async function writePage(figures: PurgeFigures, { options, versions }: OfRun): Promise<string> {
  const { outDir } = options;
  await mkdir(outDir, { recursive: true });
  for (const { name, svg } of purgePlots(figures.runs)) await writeFile(join(outDir, name), svg);
  const page = join(outDir, 'purge.md');
  await writeFile(page, purgePage(figures, { options, versions, machine: machine(), cores: availableParallelism() }));
  return page;
}

/** One after the other on one cluster, each in new namespaces, with nothing else at work. */
async function measureAllSides(
  given: Omit<Stage, 'world' | 'audit'> & {
    readonly cluster: TestCluster;
    readonly options: PurgeBenchOptions;
    /** After each number, with all until then. */
    readonly onRuns: (runs: readonly RunFigures[]) => Promise<unknown>;
  },
): Promise<{ readonly runs: readonly RunFigures[]; readonly profile: ProfileSeconds | null }> {
  const { cluster, options, say } = given;
  await using world = await World.open(cluster.kubeconfig);
  const stage: Stage = { ...given, world, audit: new AuditLog(cluster.kubeconfig) };
  const runs: RunFigures[] = [];
  for (const n of options.sizes) {
    for (let run = 1; run <= options.runs; run += 1) {
      for (const latencyMs of latencies) {
        const sides: Partial<Record<SideName, SideFigures>> = {};
        for (const side of sideNames) {
          if (!isMeasured(side, n, options)) continue;
          sides[side] = await measureSide(side, { n, run, latencyMs }, stage);
        }
        runs.push({ n, latencyMs, sides });
        say(JSON.stringify(runs.at(-1)));
      }
    }
    await given.onRuns(runs);
  }
  return { runs, profile: options.isProfiled ? await takeProfile(Math.max(...options.sizes), stage) : null };
}

function isMeasured(side: SideName, n: number, { pruner, helmUpTo }: PurgeBenchOptions): boolean {
  if (side === 'pruner' && pruner === undefined) return false;
  return side === 'native' || side === 'floor' || n <= helmUpTo;
}

async function takeProfile(n: number, stage: Stage): Promise<ProfileSeconds> {
  const profileDir = await mkdtemp(join(stage.cluster.testRoot, 'profile-'));
  await measureSide('native', { n, run: 1, latencyMs: 0, profileDir }, stage);
  const [file] = (await readdir(profileDir)).filter((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new BenchError('the profiled purge left no profile');
  return profileSeconds(withSources(JSON.parse(await readFile(join(profileDir, file), 'utf8')) as CpuProfile));
}

async function prunerVersion(pruner: string | undefined): Promise<string | null> {
  return pruner === undefined ? null : ((await programVersion(pruner, ['--version'])) ?? 'of unknown version');
}
