// `npm run bench -- operator`: what N resources cost from install to deletion, beside the bare API and helm-operator.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreResources } from '../../src/kube/resource.ts';
import { startTestCluster } from '../../test/support/local-cluster.ts';
import { AuditLog, auditFlags, benchAgent } from '../audit-log.ts';
import { firstSpec, renderChart } from '../chart-objects.ts';
import { machine } from '../markdown.ts';
import { siteOf } from '../site.ts';
import { until } from '../until.ts';
import { clusterVersions } from '../versions.ts';
import { World } from '../world.ts';
import { bookStoreCrd, secondSpec, withOpenStatus } from './book-store.ts';
import { type Contender, ours, peerOf, versionOf } from './contender.ts';
import { type LastLine, lastLine, type RunFigures } from './figures.ts';
import { measureFloor, measureOperator, type Stage } from './measure.ts';
import type { OperatorBenchOptions } from './options.ts';
import { operatorPage, type Versions } from './page.ts';
import { operatorPlots } from './plots.ts';

const operatorNamespace = 'bench-operator';
const bookStoreKind = { group: 'velotio.com', version: 'v1alpha1', kind: 'BookStore' } as const;

/** Measures, writes the page and the plots, and gives back what goes onto the last line. */
export async function benchOperator(
  options: OperatorBenchOptions,
  context: { readonly signal: AbortSignal; readonly say: (text: string) => void },
): Promise<LastLine> {
  const { signal, say } = context;
  const peer = await peerOf(options.peer);
  const { cluster, stop } = await startTestCluster({ signal, report: () => undefined, apiServerFlags: auditFlags });
  const runs: RunFigures[] = [];
  let versions: Versions;
  try {
    await using world = await World.open(cluster.kubeconfig);
    const stage = await setStage(world, { cluster, options, signal, say });
    versions = await versionsOf(stage, peer);
    for (const n of options.sizes) {
      for (let run = 1; run <= options.runs; run += 1) {
        runs.push(await measureRun({ n, run, peer }, stage));
        say(JSON.stringify(runs.at(-1)));
      }
    }
  } finally {
    await stop();
  }
  await mkdir(options.outDir, { recursive: true });
  for (const { name, svg } of operatorPlots(runs)) await writeFile(join(options.outDir, name), svg);
  const page = join(options.outDir, 'operator.md');
  await writeFile(page, operatorPage(runs, { options, versions, machine: machine() }));
  say(`wrote ${page}`);
  return lastLine(runs);
}

/** One after the other on one cluster, each in new namespaces, with nothing else at work. */
async function measureRun(
  what: { readonly n: number; readonly run: number; readonly peer: Contender | undefined },
  stage: Stage,
): Promise<RunFigures> {
  const { n, peer } = what;
  const floor = await measureFloor(siteOf('floor', what), stage);
  const mine = await measureOperator(ours, siteOf('ours', what), stage);
  if (peer === undefined) return { n, floor, ours: mine, peer: null };
  await applyCrd(stage, { isStatusOpen: true });
  const theirs = await measureOperator(peer, siteOf('peer', what), stage);
  await applyCrd(stage, { isStatusOpen: false });
  return { n, floor, ours: mine, peer: theirs };
}

async function setStage(world: World, given: Pick<Stage, 'options' | 'signal' | 'say' | 'cluster'>): Promise<Stage> {
  const { cluster, signal } = given;
  const tools = { helm: cluster.helm, home: cluster.testRoot, signal };
  const [first, second] = await Promise.all([renderChart(firstSpec, tools), renderChart(secondSpec, tools)]);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: operatorNamespace } };
  await world.client.create(CoreResources.namespaces, namespace, { fieldManager: benchAgent, signal });
  await applyCrd({ world, signal }, { isStatusOpen: false });
  const bookStores = await world.discovery.resolve(bookStoreKind, signal);
  await world.followResources(bookStores);
  const audit = new AuditLog(cluster.kubeconfig);
  return { ...given, world, audit, bookStores, rendered: { first, second }, operatorNamespace };
}

/** Installs the CRD, and waits until the API server serves it. */
async function applyCrd(
  { world, signal }: Pick<Stage, 'world' | 'signal'>,
  { isStatusOpen }: { readonly isStatusOpen: boolean },
): Promise<void> {
  const crd = await bookStoreCrd();
  const kind = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
  const resource = await world.discovery.resolve(kind, signal);
  const object = isStatusOpen ? withOpenStatus(crd) : crd;
  await world.client.apply(resource, object, { fieldManager: benchAgent, signal });
  await until('the kind BookStore to be served', {
    signal,
    deadlineMs: 60_000,
    missing: async () => ((await world.discovery.find(bookStoreKind, signal)) === undefined ? ['the kind'] : []),
    pollMs: 100,
  });
}

async function versionsOf(stage: Stage, peer: Contender | undefined): Promise<Versions> {
  return {
    ...(await clusterVersions(stage.world.client, stage)),
    peer: peer === undefined ? null : ((await versionOf(peer)) ?? 'of unknown version'),
  };
}
