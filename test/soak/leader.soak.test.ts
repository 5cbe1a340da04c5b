import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../src/kube/client.ts';
import { releasedSpec } from '../../src/kube/lease-observation.ts';
import type { KubeObject } from '../../src/kube/objects.ts';
import type { OpenClient } from '../../src/kube/open-client.ts';
import { CoreResources, type Resource } from '../../src/kube/resource.ts';
import { createNamespace, openTestClient } from '../support/cluster-client.ts';
import type { ElectorArguments, ElectorLine } from '../support/elector-process.ts';
import { eventually } from '../support/eventually.ts';
import { soak } from '../support/soak.ts';
import { testCluster } from '../support/test-context.ts';
import { actsOutsideTheirLease, type ElectionHistory, lateArrivals, monotonicMs, readHistory } from './leader-proof.ts';

const { durationMs, random, isFull, pick, print } = soak('leader', { seconds: 660 });
const leaseDurationMs = isFull ? 15_000 : 2_000;
const deadlineMs = (leaseDurationMs * 2) / 3;
/** How long a standby may not look: its watch was silent for longer than renewals are apart. */
const pollMs = (leaseDurationMs / 3) * 1.2;
/** What a machine may be late by; a short run shares it with other tests, and its poll is short. */
const marginMs = isFull ? 0 : 1_000;
const fieldManager = 'test';
const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  isNamespaced: true,
};

let opened: OpenClient;
let client: KubeClient;
beforeAll(async () => {
  opened = await openTestClient();
  client = opened.client;
});
afterAll(async () => {
  await opened.close();
});

type Fault = 'kill' | 'stop' | 'terminate' | 'stop a standby';

/** What a short run does first, since chance alone often leaves one out of so few. */
const shortRun: readonly Fault[] = ['stop', 'terminate', 'kill'];

/** One thing done to a replica. */
interface Done {
  readonly fault: Fault;
  readonly holder: string;
  readonly atMs: number;
  /** How long it was stopped; infinite for one that was killed. */
  readonly forMs: number;
}

/** A replica, with all that it said. */
class Replica {
  readonly identity: string;
  readonly #log: string;
  readonly #process: ChildProcess;
  readonly #lines: ElectorLine[] = [];
  #offset = 0;

  constructor(options: ElectorArguments) {
    this.identity = options.identity;
    this.#log = options.log;
    const script = resolve('test/support/elector-process.ts');
    this.#process = spawn(process.execPath, [script, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async ended(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
  }

  /** Reads on from where it was: logs grow long. */
  async lines(): Promise<readonly ElectorLine[]> {
    if (!existsSync(this.#log)) return [];
    const text = await readText(createReadStream(this.#log, { start: this.#offset }));
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    this.#offset += Buffer.byteLength(whole);
    for (const line of whole.split('\n')) if (line !== '') this.#lines.push(JSON.parse(line) as ElectorLine);
    return this.#lines;
  }
}

/** Replicas of one operator: as many as asked for, whatever happens to each. */
class Replicas {
  readonly #options: Omit<ElectorArguments, 'identity' | 'log'>;
  readonly #dir: string;
  readonly all: Replica[] = [];
  present: Replica[] = [];

  constructor(dir: string, options: Omit<ElectorArguments, 'identity' | 'log'>) {
    this.#dir = dir;
    this.#options = options;
  }

  start(): void {
    const identity = `replica-${this.all.length + 1}`;
    const replica = new Replica({ ...this.#options, identity, log: join(this.#dir, `${identity}.log`) });
    this.all.push(replica);
    this.present.push(replica);
  }

  replace(replica: Replica): void {
    this.present = this.present.filter((each) => each !== replica);
    this.start();
  }

  async history(): Promise<ElectionHistory> {
    const logs = await Promise.all(this.all.map(async (each) => [each.identity, await each.lines()] as const));
    return readHistory(new Map(logs));
  }

  /** The leader, once it acts and all others have seen it. */
  async settled(): Promise<{ readonly leader: Replica; readonly standbys: readonly Replica[] }> {
    for (;;) {
      const lines = await Promise.all(this.present.map(async (each) => ({ each, lines: await each.lines() })));
      const holders = new Set(
        lines
          .map((one) => one.lines.findLast(({ what }) => what === 'holder'))
          .map((line) => (line?.what === 'holder' ? line.holder : undefined)),
      );
      const [holder] = holders;
      const leader = lines.find(({ each }) => each.identity === holder);
      const last = leader?.lines.findLast(({ what }) => what === 'act');
      const isActing = last?.what === 'act' && monotonicMs() - monotonicMs(last.atNs) < 500;
      if (holders.size === 1 && leader !== undefined && isActing) {
        return { leader: leader.each, standbys: this.present.filter((each) => each !== leader.each) };
      }
      await delay(25);
    }
  }

  async end(): Promise<void> {
    for (const replica of this.present) replica.signal('SIGTERM');
    await Promise.all(this.present.map((replica) => replica.ended()));
  }

  killAll(): void {
    for (const replica of this.all) replica.signal('SIGKILL');
  }
}

/** Does one thing, one at random if not `given`, and lets it take its time. */
async function disturb(replicas: Replicas, given?: Fault): Promise<Done> {
  const { leader, standbys } = await replicas.settled();
  await delay(random() * leaseDurationMs * 0.4); // a renewal is so long ago, or so near
  const fault: Fault = given ?? pick(['kill', 'kill', 'stop', 'stop', 'terminate', 'stop a standby']);
  const standby = standbys[Math.floor(random() * standbys.length)];
  const victim = fault === 'stop a standby' && standby !== undefined ? standby : leader;
  const [least, most] = given === undefined ? [0.2, 1.7] : [1.1, 1.3]; // given: another leads before it goes on
  const stoppedForMs = (least + random() * (most - least)) * leaseDurationMs;
  const atMs = monotonicMs();
  switch (fault) {
    case 'kill':
    case 'terminate':
      victim.signal(fault === 'kill' ? 'SIGKILL' : 'SIGTERM');
      await victim.ended();
      replicas.replace(victim);
      break;
    case 'stop':
    case 'stop a standby':
      victim.signal('SIGSTOP');
      await delay(stoppedForMs);
      victim.signal('SIGCONT');
      break;
  }
  const isGone = fault === 'kill' || fault === 'terminate';
  return { fault, holder: victim.identity, atMs, forMs: isGone ? Number.POSITIVE_INFINITY : stoppedForMs };
}

/** All acts, in the order in which the server did them. */
async function followActs(
  configMap: KubeObject,
  options: { readonly done: { holder: string; act: number }[]; readonly signal: AbortSignal },
): Promise<void> {
  const { done, signal } = options;
  let { resourceVersion } = configMap.metadata;
  const { namespace } = configMap.metadata;
  while (!signal.aborted) {
    try {
      const events = await client.watch<KubeObject & { readonly data?: Record<string, string> }>(
        CoreResources.configMaps,
        {
          namespace,
          fieldSelector: `metadata.name=${configMap.metadata.name}`,
          resourceVersion,
          timeoutSeconds: 600,
          signal,
        },
      );
      for await (const { type, object } of events) {
        resourceVersion = object.metadata.resourceVersion;
        if (type === 'MODIFIED') done.push({ holder: object.data?.holder ?? '', act: Number(object.data?.act) });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** How long after each fault somebody else led; undefined where nobody did before the next fault. */
function takeOvers(
  history: ElectionHistory,
  faults: readonly Done[],
): readonly { readonly done: Done; readonly ms: number | undefined }[] {
  return faults
    .filter(({ fault }) => fault !== 'stop a standby')
    .map((done) => {
      const untilMs = faults.find(({ atMs }) => atMs > done.atMs)?.atMs ?? Number.POSITIVE_INFINITY;
      const next = history.terms.find(
        ({ holder, atMs }) => atMs > done.atMs && atMs < untilMs && holder !== done.holder,
      );
      return { done, ms: next === undefined ? undefined : next.atMs - done.atMs };
    });
}

describe('an election among processes that are killed, stopped and continued at random', () => {
  it.each([2, 3])(
    '%d replicas: no act outside its lease, and the next leads within a lease and a poll',
    async (count) => {
      const { kubeconfig, testRoot } = testCluster();
      const namespace = await createNamespace(client, 'soak-leader');
      const configMap = await client.create(
        CoreResources.configMaps,
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'acts', namespace } },
        { fieldManager },
      );
      const lease = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'operator', namespace },
        spec: releasedSpec('2026-01-01T00:00:00.000000Z'), // taken at once
      };
      await client.create(leases, lease, { fieldManager });
      const replicas = new Replicas(await mkdtemp(join(testRoot, 'leader-')), {
        kubeconfig,
        homeDir: testRoot,
        namespace,
        lease: 'operator',
        configMap: 'acts',
        leaseDurationMs,
        actEveryMs: 20,
      });
      const watching = new AbortController();
      const done: { holder: string; act: number }[] = [];
      const watched = followActs(configMap, { done, signal: watching.signal });
      const faults: Done[] = [];
      try {
        const endMs = monotonicMs() + durationMs / 2 - 2 * leaseDurationMs; // the last fault takes its time
        for (let index = 0; index < count; index += 1) replicas.start();
        if (!isFull) for (const fault of shortRun) faults.push(await disturb(replicas, fault));
        while (monotonicMs() < endMs) faults.push(await disturb(replicas));
        await replicas.settled();
        await replicas.end();
      } finally {
        replicas.killAll();
      }
      const history = await replicas.history();
      const last = history.acts.at(-1);
      await eventually(() => done).toContainEqual({ holder: last?.holder, act: last?.act });
      watching.abort();
      await watched;

      const all = takeOvers(history, faults);
      const late = lateArrivals(history, done);
      report(count, { history, faults, all, late: late.sentBefore, done: done.length });
      expect(actsOutsideTheirLease(history, deadlineMs)).toEqual([]);
      expect(late.sentAfter).toEqual([]);
      // Somebody else led in time, or the leader was back before.
      const boundMs = (fault: Fault): number => marginMs + (fault === 'terminate' ? pollMs : leaseDurationMs + pollMs);
      expect(all.filter(({ done: { fault, forMs }, ms }) => (ms ?? Math.max(0, forMs)) > boundMs(fault))).toEqual([]);
    },
    durationMs + 300_000,
  );
});

function report(
  count: number,
  run: {
    readonly history: ElectionHistory;
    readonly faults: readonly Done[];
    readonly all: ReturnType<typeof takeOvers>;
    readonly late: number;
    readonly done: number;
  },
): void {
  const { history, faults, all } = run;
  const times = (fault: Fault): string => {
    const ms = all
      .flatMap((each) => (each.done.fault === fault && each.ms !== undefined ? [each.ms] : []))
      .sort((a, b) => a - b);
    return ms.length === 0 ? 'none' : `${ms.length}, longest ${((ms.at(-1) ?? 0) / 1000).toFixed(2)} s`;
  };
  const per = `${count} replicas, lease ${leaseDurationMs / 1000} s`;
  print({
    [`${per}, faults`]: faults.length,
    [`${per}, terms`]: history.terms.length,
    [`${per}, acts allowed`]: history.acts.length,
    [`${per}, acts refused by the fence`]: history.refused,
    [`${per}, acts done`]: run.done,
    [`${per}, acts done after the next leader's first, sent before the loss`]: run.late,
    [`${per}, take-overs after SIGKILL`]: times('kill'),
    [`${per}, take-overs after SIGSTOP`]: times('stop'),
    [`${per}, take-overs after SIGTERM`]: times('terminate'),
  });
}
