// The three sides of a run: the same releases installed, updated and deleted, each in namespaces of its own.
import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import type { ObjectInput } from '../../src/kube/objects.ts';
import { gvkOf, type Resource } from '../../src/kube/resource.ts';
import type { TestCluster } from '../../test/support/test-context.ts';
import { type AuditLog, benchAgent, ofTheMeasured } from '../audit-log.ts';
import { firstSpec, objectsOf } from '../chart-objects.ts';
import { createNamespaces } from '../namespaces.ts';
import { askMs, deadlineFor, settled, width } from '../pace.ts';
import type { ReleaseName, Site } from '../site.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';
import { bookStore, secondSpec } from './book-store.ts';
import type { Contender } from './contender.ts';
import type { OperatorFigures, SideFigures } from './figures.ts';
import { OperatorProcess } from './operator-process.ts';
import type { OperatorBenchOptions } from './options.ts';

/** What a measurement needs. */
export interface Stage {
  readonly world: World;
  readonly cluster: TestCluster;
  readonly audit: AuditLog;
  readonly options: Pick<OperatorBenchOptions, 'idleSeconds' | 'settleSeconds'>;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  readonly bookStores: Resource;
  /** The chart's objects for both specs, of any release. */
  readonly rendered: { readonly first: readonly ObjectInput[]; readonly second: readonly ObjectInput[] };
  /** Where our operator has its Lease. */
  readonly operatorNamespace: string;
}

/** The bare API: the objects that the chart renders, created, changed and deleted as fast as the API server takes them. */
export async function measureFloor(site: Site, stage: Stage): Promise<SideFigures> {
  const { world, signal, rendered } = stage;
  await createNamespaces(site, stage);
  await settle(stage);
  const resourceOf = (object: ObjectInput): Promise<Resource> => world.discovery.resolve(gvkOf(object), signal);
  const first = site.releases.flatMap((release) => objectsOf(rendered.first, release));
  const second = site.releases.flatMap((release) => objectsOf(rendered.second, release));
  const changed = second.filter((object, index) => JSON.stringify(object) !== JSON.stringify(first[index]));
  const each = (objects: readonly ObjectInput[], act: (object: ObjectInput) => Promise<unknown>): Promise<unknown> =>
    pMap(objects, act, { concurrency: width, signal });

  const installSeconds = await timed(site, stage, {
    what: 'install',
    act: () =>
      each(first, async (object) => world.client.create(await resourceOf(object), object, { fieldManager, signal })),
    missing: () => world.withoutPods(site),
  });
  await settle(stage);
  const old = world.runningPods(site);
  const updateSeconds = await timed(site, stage, {
    what: 'update',
    act: () =>
      each(changed, async (object) => {
        const { namespace, name = '' } = object.metadata;
        const patch = { spec: object.spec };
        return world.client.merge(await resourceOf(object), patch, { namespace, name, fieldManager, signal });
      }),
    missing: () => world.withOldPods(site, old),
  });
  await settle(stage);
  const deleteSeconds = await timed(site, stage, {
    what: 'delete',
    act: () =>
      each(first, async (object) => {
        const { namespace, name = '' } = object.metadata;
        return world.client.delete(await resourceOf(object), { namespace, name, signal });
      }),
    missing: () => world.leftOf(site),
    pollMs: askMs,
  });
  return { installSeconds, updateSeconds, deleteSeconds };
}

/** An operator: resources created, changed and deleted in bulk, and what it costs between. */
export async function measureOperator(contender: Contender, site: Site, stage: Stage): Promise<OperatorFigures> {
  const { world, signal, bookStores, cluster, operatorNamespace } = stage;
  await createNamespaces(site, stage);
  const start = { cluster, namespace: operatorNamespace, signal };
  await using processes = new AsyncDisposableStack();
  let operator = processes.use(await OperatorProcess.start(contender, start));
  await settle(stage);
  const emptyMb = operator.figures().residentMb;
  let watched = { ...stage, failure: operator.died };
  const each = (act: (release: ReleaseName) => Promise<unknown>): Promise<unknown> =>
    pMap(site.releases, act, { concurrency: width, signal });

  const startedMs = performance.now();
  const installSeconds = await timed(site, watched, {
    what: 'install',
    act: () =>
      each((release) => world.client.create(bookStores, bookStore(release, firstSpec), { fieldManager, signal })),
    missing: () => world.withoutPods(site),
  });
  const { doneCondition: done } = contender;
  await waitFor(site, watched, { what: 'install', missing: () => world.withoutCondition(site, done) });
  const doneSeconds = (performance.now() - startedMs) / 1000;
  await settle(stage);
  const idle = await measureIdle(contender, operator, stage);
  const { residentMb, peakResidentMb: peakMb } = operator.figures();
  let restart: OperatorFigures['restart'] = null;
  if (contender.side === 'ours') {
    await operator[Symbol.asyncDispose]();
    const againMs = performance.now();
    operator = processes.use(await OperatorProcess.start(contender, start));
    watched = { ...stage, failure: operator.died };
    await waitFor(site, watched, {
      what: 'first look after a restart',
      missing: async () => ((await operator.says('first look done')) ? [] : ['its end, in the log']),
      pollMs: askMs,
    });
    const seconds = (performance.now() - againMs) / 1000;
    await settle(stage);
    restart = { seconds, helmProcesses: await operator.helmStarts(), residentMb: operator.figures().residentMb };
  }

  const old = world.runningPods(site);
  const updateSeconds = await timed(site, watched, {
    what: 'update',
    act: () =>
      each((release) => world.client.merge(bookStores, { spec: secondSpec }, { ...release, fieldManager, signal })),
    missing: () => [...world.withoutRevision(site, 2), ...world.withOldPods(site, old)],
  });
  await settle(stage);
  const deleteSeconds = await timed(site, watched, {
    what: 'delete',
    act: () => each((release) => world.client.delete(bookStores, { ...release, signal })),
    missing: () => world.leftOf(site),
    pollMs: askMs,
  });
  const memory = { emptyMb, residentMb, peakMb };
  return { installSeconds, doneSeconds, updateSeconds, deleteSeconds, idle, memory, restart };
}

const fieldManager = benchAgent;

interface Step {
  readonly what: string;
  /** See {@link import('../until.ts').UntilOptions.pollMs}. */
  readonly pollMs?: number;
  readonly missing: () => readonly string[] | Promise<readonly string[]>;
}

type Waiting = Pick<Stage, 'signal'> & { readonly failure?: Promise<never> };

/** Seconds from the first request until nothing is missing. */
async function timed(
  site: Site,
  stage: Pick<Stage, 'say'> & Waiting,
  step: Step & { readonly act: () => Promise<unknown> },
): Promise<number> {
  const startedMs = performance.now();
  await step.act();
  await waitFor(site, stage, step);
  const seconds = (performance.now() - startedMs) / 1000;
  stage.say(`${site.side}, ${site.releases.length} releases: ${step.what} ${seconds.toFixed(2)} s`);
  return seconds;
}

function waitFor(site: Site, { signal, failure }: Waiting, step: Step): Promise<void> {
  return until(`${step.what} of ${site.releases.length} releases (${site.side})`, {
    signal,
    deadlineMs: deadlineFor(site),
    missing: step.missing,
    ...(step.pollMs === undefined ? {} : { pollMs: step.pollMs }),
    ...(failure === undefined ? {} : { failure }),
  });
}

async function measureIdle(
  contender: Contender,
  operator: OperatorProcess,
  { audit, options, signal }: Stage,
): Promise<OperatorFigures['idle']> {
  const cpu = (): number => {
    const { cpuSeconds, childrenCpuSeconds } = operator.figures();
    return cpuSeconds + childrenCpuSeconds;
  };
  const [cpuBefore, helmBefore] = [cpu(), await operator.helmStarts()];
  const counted = await audit.count();
  await Promise.race([delay(options.idleSeconds * 1000, undefined, { signal }), operator.died]);
  return {
    helmProcesses: contender.hasHelmProcesses ? (await operator.helmStarts()) - helmBefore : null,
    requests: ofTheMeasured(await counted()),
    cpuSeconds: cpu() - cpuBefore,
  };
}

/** See {@link settled}. */
function settle({ options, signal }: Stage): Promise<void> {
  return settled(options.settleSeconds, signal);
}
