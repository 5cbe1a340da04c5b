// The readiness of a release's workloads: read once for each version of an object, summed up for the status.
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ObjectSource } from '../observe/dependents.ts';
import type { WorkloadsReadiness } from '../observe/observation.ts';
import { type ClaimVerdict, judgePendingClaim } from './claim-wait.ts';
import { isLive, type LiveObject, missing, readLive } from './live-object.ts';
import { LookSchedule } from './look-schedule.ts';
import { PodReader } from './pod-reader.ts';
import { goingAway, hasReadiness, readinessOf, runsPods } from './readiness.ts';
import { inOrderOfTelling, maxTold, summarize, type Unready } from './readiness-summary.ts';
import { type Readiness, ready } from './status-object.ts';
import { podSelectorOf } from './workload-rules.ts';

/** The pods of a workload that is not ready. */
interface Pods {
  readonly namespace: string;
  readonly selector: string;
  /** Of the workload: the pods of another are other pods. */
  readonly generation: number | undefined;
  /** Whether they have had their time before we came. */
  readonly isOld: boolean;
  wasRead: boolean;
  trouble: string | undefined;
}

/** What was read last of an object. */
interface Held {
  /** Empty where another read may come to another verdict. */
  readonly resourceVersion: string;
  readonly readiness: Readiness;
  readonly pods?: Pods;
}

interface Judged extends Unready {
  readonly uid: string;
  readonly pods?: Pods | undefined;
  /** Whether an event will tell when it is otherwise. */
  readonly isTold: boolean;
}

interface ReadinessOptions {
  readonly wasReady?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Pods of a workload that is older than this are read at once when we see it for the first time. */
const oldMs = 10_000;

/**
 * Asks the API server only about objects whose metadata changed since they were last asked about, and about the pods of
 * those that are not ready, now and then (DESIGN.md O13). What is ready is asked nothing.
 */
export class Workloads {
  readonly #client: KubeClient;
  readonly #objects: ObjectSource;
  readonly #clock: Clock;
  readonly #podReader: PodReader;
  readonly #schedule: LookSchedule;
  /** By the inventory's uid. */
  readonly #held = new Map<string, Held>();
  /** By the resource's key: what its release was last made of. */
  readonly #inventories = new Map<string, readonly InventoryEntry[]>();

  constructor(client: KubeClient, objects: ObjectSource, options: { readonly clock: Clock; readonly log: Logger }) {
    this.#client = client;
    this.#objects = objects;
    this.#clock = options.clock;
    this.#podReader = new PodReader(client, options);
    this.#schedule = new LookSchedule(options.clock);
  }

  /** How many objects are remembered. */
  get size(): number {
    return this.#held.size;
  }

  /** Sums up a release; `wasReady`: this revision of it was once, whoever saw it. @throws ApiError */
  async readiness(inventory: readonly InventoryEntry[], options: ReadinessOptions = {}): Promise<WorkloadsReadiness> {
    const { signal } = options;
    const judged = await Promise.all(inventory.map((entry) => this.#judge(entry, options)));
    const unready = inOrderOfTelling(judged.filter(({ readiness }) => readiness.state !== 'ready'));
    if (unready.length === 0) return { state: 'ready', message: '' };
    const looked = await Promise.all(
      unready.map((each, place) => this.#look(each, { isShown: place < maxTold, signal })),
    );
    const waitsMs = looked.flatMap(({ lookAgainMs }) => lookAgainMs ?? []);
    return { ...summarize(looked), ...(waitsMs.length === 0 ? {} : { lookAgainMs: Math.min(...waitsMs) }) };
  }

  /** Takes note of what the release of a resource is made of now, and forgets what it is not made of any more. */
  retain(key: string, inventory: readonly InventoryEntry[]): void {
    const before = this.#inventories.get(key) ?? [];
    if (before === inventory) return;
    if (inventory.length === 0) this.#inventories.delete(key);
    else this.#inventories.set(key, inventory);
    const uids = new Set(inventory.map(({ uid }) => uid));
    this.forget(before.filter(({ uid }) => !uids.has(uid)));
  }

  /** Forgets the objects of a release that is gone. */
  forget(inventory: readonly InventoryEntry[]): void {
    for (const { uid } of inventory) {
      this.#held.delete(uid);
      this.#schedule.end(uid);
    }
  }

  async #judge(entry: InventoryEntry, { signal, wasReady = false }: ReadinessOptions): Promise<Judged> {
    const { uid, kind, name } = entry;
    const seen = await this.#objects.find(entry, entry);
    const held = this.#held.get(uid);
    const judged = { uid, kind, name, isTold: seen !== undefined };
    const after = isJob(entry) ? afterItsEnd(entry, { readiness: held?.readiness, wasReady }) : undefined;
    if (seen?.metadata.deletionTimestamp !== undefined) return { ...judged, readiness: after ?? goingAway };
    if (seen !== undefined && !hasReadiness(entry)) return { ...judged, readiness: ready };
    if (seen !== undefined && held?.resourceVersion === seen.metadata.resourceVersion) return { ...judged, ...held };
    const live = await readLive(entry, { client: this.#client, objects: this.#objects, signal });
    if (!isLive(live)) {
      if (live === missing && after !== undefined) return { ...judged, readiness: after };
      this.#held.delete(uid);
      return { ...judged, readiness: live, isTold: false };
    }
    await this.#objects.remember(entry, live);
    const verdict = await this.#verdictOn(entry, { live, signal });
    const pods = verdict.readiness.state === 'ready' ? undefined : this.#podsOf(entry, live);
    this.#hold(uid, {
      resourceVersion: verdict.isTold ? live.metadata.resourceVersion : '',
      readiness: verdict.readiness,
      ...(pods === undefined ? {} : { pods }),
    });
    return { ...judged, readiness: verdict.readiness, pods, isTold: judged.isTold && verdict.isTold };
  }

  async #verdictOn(
    entry: InventoryEntry,
    { live, signal }: { readonly live: LiveObject; readonly signal: AbortSignal | undefined },
  ): Promise<ClaimVerdict> {
    const readiness = readinessOf(entry, live);
    const isPendingClaim = isClaim(entry) && readiness.state === 'progressing' && readiness !== goingAway;
    return isPendingClaim ? judgePendingClaim(live, { client: this.#client, signal }) : { readiness, isTold: true };
  }

  #hold(uid: string, held: Held): void {
    this.#held.set(uid, held);
    if (held.readiness.state === 'ready') this.#schedule.end(uid);
  }

  /** The same for as long as the workload's spec is: what they said last is shown until they say something else. */
  #podsOf(entry: InventoryEntry, live: LiveObject): Pods | undefined {
    const selector = runsPods(entry) ? podSelectorOf(live) : undefined;
    if (selector === undefined) return undefined;
    const { generation, creationTimestamp } = live.metadata;
    const held = this.#held.get(entry.uid);
    if (held?.pods !== undefined && held.pods.generation === generation) return held.pods;
    return {
      namespace: entry.namespace ?? '',
      selector,
      generation,
      isOld: held === undefined && this.#clock.now() - Date.parse(creationTimestamp ?? '') > oldMs,
      wasRead: false,
      trouble: undefined,
    };
  }

  /** Looks at what no event tells of: the pods of what will be shown. */
  async #look(
    judged: Judged,
    context: { readonly isShown: boolean; readonly signal: AbortSignal | undefined },
  ): Promise<Judged & { readonly lookAgainMs?: number | undefined }> {
    const { uid, isTold, readiness } = judged;
    const pods = context.isShown ? judged.pods : undefined;
    if (pods === undefined && isTold) return judged;
    // the pods of a Job that failed will not change any more
    const isFinal = pods !== undefined && judged.kind === 'Job' && readiness.state === 'failed';
    const isDue = !isFinal && this.#schedule.take(uid, `${pods?.generation}: ${readiness.message}`);
    if (pods !== undefined && (isDue || (!pods.wasRead && (pods.isOld || isFinal)))) {
      const read = await this.#podReader.read(pods, context.signal);
      if (read !== undefined) Object.assign(pods, { wasRead: true, trouble: read.trouble });
    }
    return { ...judged, trouble: pods?.trouble, lookAgainMs: isFinal ? undefined : this.#schedule.dueInMs(uid) };
  }
}

/** What to think of a Job that goes or is gone: it may have come to its end. Undefined where nothing speaks for that. */
function afterItsEnd(
  { ttlSecondsAfterFinished }: InventoryEntry,
  known: { readonly readiness: Readiness | undefined; readonly wasReady: boolean },
): Readiness | undefined {
  if (known.readiness?.state === 'failed') return known.readiness;
  // with 0 seconds nobody may ever see that it was complete
  const isDone = ttlSecondsAfterFinished !== undefined || known.wasReady || known.readiness?.state === 'ready';
  return isDone ? ready : undefined;
}

function isJob({ group, kind }: InventoryEntry): boolean {
  return group === 'batch' && kind === 'Job';
}

function isClaim({ group, kind }: InventoryEntry): boolean {
  return group === '' && kind === 'PersistentVolumeClaim';
}
