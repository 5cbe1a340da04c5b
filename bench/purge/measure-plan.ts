// The plan of very many releases of several revisions, beside helm's list of them: records alone, without objects.
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import type { PurgePolicySpec } from '../../src/api/v1alpha1/purge-policy.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import type { TestCluster } from '../../test/support/test-context.ts';
import { settled, width } from '../pace.ts';
import { type Site, siteOf } from '../site.ts';
import { ByteRelay } from './byte-relay.ts';
import { type LookFigures, type LookName, lookNames, type PlanFigures } from './figures.ts';
import type { Stage } from './measure-side.ts';
import { MeteredPrograms, type Program } from './metered-programs.ts';
import { siteLabels, writePolicy } from './policy-file.ts';
import { recordFor } from './release-template.ts';
import { environmentOf, ourProgram } from './uninstallers.ts';

/** As many as helm keeps of a release that is upgraded now and then, and half of what it keeps at most. */
const revisions = 5;

/** Looks of each kind; they take turns. */
const looksOfEach = 3;

/** What it needs. */
export type PlanStage = Pick<Stage, 'cluster' | 'template' | 'signal' | 'say' | 'operatorNamespace'> & {
  readonly client: KubeClient;
  readonly options: Pick<Stage['options'], 'settleSeconds'>;
};

/** Writes the records, and looks at them in every way. */
export async function measurePlan(n: number, stage: PlanStage): Promise<PlanFigures> {
  const { cluster, say, signal, options } = stage;
  const site = siteOf('plan', { n, run: 1 });
  const recordBytes = await writeRecords(site, stage);
  say(`plan: ${n * revisions} records of ${n} releases are written`);
  await settled(options.settleSeconds, signal);
  const directory = await mkdtemp(join(cluster.testRoot, 'plan-'));
  const looks = await looksAt(site, { ...stage, directory });
  const figures: Record<LookName, LookFigures[]> = { start: [], plan: [], 'plan-reading': [], 'helm-list': [] };
  for (let turn = 0; turn < looksOfEach; turn += 1) {
    for (const name of lookNames)
      figures[name].push(await look(looks[name], { ...stage, kubeconfig: cluster.kubeconfig }));
  }
  const bytes = { start: 0, plan: 0, 'plan-reading': 0, 'helm-list': 0 };
  for (const name of lookNames) {
    await using relay = await ByteRelay.start({ ...cluster, directory });
    await look(looks[name], { ...stage, kubeconfig: relay.kubeconfig });
    bytes[name] = relay.received;
  }
  say(JSON.stringify({ n, revisions, recordBytes, looks: figures, bytes }));
  return { n, revisions, recordBytes, looks: figures, bytes };
}

/** Gives the mean size of what Helm keeps in one. */
async function writeRecords(site: Site, { client, template, signal }: PlanStage): Promise<number> {
  const write = { fieldManager: 'helm', signal };
  await pMap(
    site.namespaces,
    (name) => {
      const metadata = { name, labels: siteLabels(site) };
      return client.create(CoreResources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata }, write);
    },
    { concurrency: width, signal },
  );
  let bytes = 0;
  const wanted = site.releases.flatMap((release) =>
    Array.from({ length: revisions }, (_none, index) => ({ release, revision: index + 1 })),
  );
  await pMap(
    wanted,
    async ({ release, revision }) => {
      const status = revision === revisions ? 'deployed' : 'superseded';
      const record = await recordFor(template, release, { revision, status });
      bytes += sizeOf(record);
      await client.create(CoreResources.secrets, record, write);
    },
    { concurrency: width, signal },
  );
  return bytes / wanted.length;
}

function sizeOf(record: Awaited<ReturnType<typeof recordFor>>): number {
  const { data } = record as { readonly data?: { readonly release?: string } };
  return Buffer.byteLength(data?.release ?? '', 'base64');
}

type Look = Omit<Program, 'env'> & { readonly home: string };

/** Our plan decides by metadata alone, or reads a record of each release as well, since it would go. */
async function looksAt(
  site: Site,
  { cluster, directory }: Pick<PlanStage, 'cluster'> & { readonly directory: string },
): Promise<Readonly<Record<LookName, Look>>> {
  const plan = async (name: string, spec: Partial<PurgePolicySpec>): Promise<Look> => {
    const home = await mkdtemp(join(directory, 'home-'));
    const policy = await writePolicy(site, { directory: home, spec });
    return { name, file: process.execPath, args: [ourProgram, 'purge', 'plan', '-f', policy, '-o', 'json'], home };
  };
  return {
    start: await plan('purge plan of nothing', {
      namespaceSelector: { matchLabels: siteLabels({ prefix: 'nowhere' }) },
    }),
    plan: await plan('purge plan', { minAge: '8760h' }),
    'plan-reading': await plan('purge plan of what would go', {}),
    'helm-list': {
      name: 'helm list',
      file: cluster.helm,
      args: ['list', '-A', '--max', '0', '-o', 'json'],
      isHelm: true,
      home: await mkdtemp(join(directory, 'home-')),
    },
  };
}

async function look(
  { home, ...program }: Look,
  context: Pick<PlanStage, 'signal' | 'operatorNamespace'> & {
    readonly cluster: TestCluster;
    readonly kubeconfig: string;
  },
): Promise<LookFigures> {
  const env = environmentOf({ ...context, directory: home });
  using programs = new MeteredPrograms(context.signal);
  const startedMs = performance.now();
  await programs.run({ ...program, env });
  const seconds = (performance.now() - startedMs) / 1000;
  const { cpuSeconds, togetherMb, programMb, helmMb } = programs.cost();
  return { seconds, cpuSeconds, peakMb: programMb ?? helmMb ?? togetherMb };
}
