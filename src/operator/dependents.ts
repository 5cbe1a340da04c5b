// The objects that releases are made of, followed by their metadata: one watch a kind, shared by all releases.
import { createHash } from 'node:crypto';
import type { Discovery } from '../kube/discovery.ts';
import { isApiError } from '../kube/errors.ts';
import { type KubeObject, type ManagedFieldsEntry, objectKey } from '../kube/objects.ts';
import type { Resource } from '../kube/resource.ts';
import type { Following, WatchHub } from '../kube/watch-hub.ts';
import type { Logger } from '../telemetry/logger.ts';
import { resourceName } from './watch-metrics.ts';

/** Group and kind; the version is the API server's preferred one. */
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** Where an object is. */
export interface ObjectName {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** What is kept of an object. */
export interface DependentObject extends KubeObject {
  /** Hash of helm's Apply entry in managedFields; undefined where helm applied nothing. */
  readonly appliedHash?: string;
}

/** Where the operator looks for objects of a release: its watches, or the API server alone. */
export interface ObjectSource {
  /** The object as last seen; undefined where there is none, or none is known. */
  find(kind: GroupKind, name: ObjectName): Promise<DependentObject | undefined>;
  /** Takes in an object that was read past the source. */
  remember(kind: GroupKind, object: KubeObject): Promise<void>;
  /** The resource type behind a kind; undefined where the API server does not serve it. */
  resourceOf(kind: GroupKind): Promise<Resource | undefined>;
}

/** For watch entries with `watchDependentResources: false`: knows no object, each is read when it is asked for. */
export class UnwatchedObjects implements ObjectSource {
  readonly #discovery: Discovery;

  constructor(discovery: Discovery) {
    this.#discovery = discovery;
  }

  find(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  remember(): Promise<void> {
    return Promise.resolve();
  }

  resourceOf(kind: GroupKind): Promise<Resource | undefined> {
    return this.#discovery.findPreferred(kind);
  }
}

/** Options of {@link Dependents}. */
export interface DependentsOptions {
  readonly hub: WatchHub;
  readonly discovery: Discovery;
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[];
  /** An object of this release changed, or is no longer heard of. */
  readonly onChange: (release: { readonly namespace: string; readonly name: string }) => void;
  readonly log: Logger;
}

interface WatchedKind {
  readonly resource: Resource;
  readonly following: Following<DependentObject>;
  /** Resolves at the first list, or at the first failure. */
  readonly settled: Promise<void>;
}

/** Helm puts this label and these annotations on every object that it creates. */
export const helmLabel = 'app.kubernetes.io/managed-by=Helm';
const releaseNameAnnotation = 'meta.helm.sh/release-name';
const releaseNamespaceAnnotation = 'meta.helm.sh/release-namespace';

/** Starts a watch for each kind when it is first asked for, and answers from them. */
export class Dependents implements ObjectSource {
  readonly #options: DependentsOptions;
  readonly #kinds = new Map<string, Promise<WatchedKind | undefined>>();

  constructor(options: DependentsOptions) {
    this.#options = options;
  }

  /**
   * Waits for the kind's first list, or for its first failure: a kind that may not be watched, or whose CRD is gone, is not
   * known here.
   */
  async find(kind: GroupKind, name: ObjectName): Promise<DependentObject | undefined> {
    const watched = await this.#watched(kind);
    await watched?.settled;
    // what was remembered before the first list is only what somebody saw once
    return watched?.following.hasSynced === true ? watched.following.store.get(objectKey(name)) : undefined;
  }

  async remember(kind: GroupKind, object: KubeObject): Promise<void> {
    const { namespaces } = this.#options;
    const { namespace } = object.metadata;
    // where no watch looks, nobody would ever tell that the object went
    const isWatched = namespaces.length === 0 || namespace === undefined || namespaces.includes(namespace);
    if (isWatched) (await this.#watched(kind))?.following.store.remember(strip(object));
  }

  async resourceOf(kind: GroupKind): Promise<Resource | undefined> {
    return (await this.#watched(kind))?.resource;
  }

  #watched(kind: GroupKind): Promise<WatchedKind | undefined> {
    const key = keyOf(kind);
    const held = this.#kinds.get(key);
    if (held !== undefined) return held;
    const started = this.#start(kind);
    this.#kinds.set(key, started);
    const forget = (): boolean => this.#kinds.delete(key);
    started.then((watched) => watched ?? forget(), forget); // a CRD may come later
    return started;
  }

  async #start(kind: GroupKind): Promise<WatchedKind | undefined> {
    const { hub, discovery, namespaces } = this.#options;
    const resource = await discovery.findPreferred(kind);
    if (resource === undefined) return undefined;
    const failed = Promise.withResolvers<void>();
    let trouble: 'none' | 'forbidden' | 'gone' = 'none';
    const following = hub.follow<DependentObject>(
      { resource, namespaces, labelSelector: helmLabel, isMetadataOnly: true, strip },
      {
        onChange: ({ before, after }) => this.#tell(after ?? before),
        onError: (error) => {
          failed.resolve();
          if (trouble === 'none' && isApiError(error, 'API_FORBIDDEN')) {
            trouble = 'forbidden';
            this.#sayForbidden(resource, error);
          } else if (trouble !== 'gone' && isApiError(error, 'API_NOT_FOUND')) {
            trouble = 'gone';
            this.#forget(kind, { resource, following });
          }
        },
      },
    );
    return { resource, following, settled: Promise.race([following.synced, failed.promise]) };
  }

  /** Its CRD was deleted. Whoever asks for the kind again has it looked for again; those who had objects of it should. */
  #forget(kind: GroupKind, watched: Pick<WatchedKind, 'resource' | 'following'>): void {
    const { discovery, log } = this.#options;
    const { resource, following } = watched;
    this.#kinds.delete(keyOf(kind));
    discovery.forget(kind.group);
    following.stop();
    log.info('kind is not served any more, its objects are not followed', { resource: resourceName(resource) });
    for (const object of Array.from(following.store.values())) this.#tell(object);
  }

  #sayForbidden(resource: Resource, error: Error): void {
    const { namespaces, log } = this.#options;
    log.warn('kind may not be followed, so its objects are read one by one and changes go unnoticed', {
      resource: resourceName(resource),
      verbs: ['list', 'watch'],
      ...(namespaces.length === 0 ? {} : { namespaces }),
      error: error.message,
    });
  }

  #tell(object: DependentObject | undefined): void {
    const annotations = object?.metadata.annotations;
    const name = annotations?.[releaseNameAnnotation];
    const namespace = annotations?.[releaseNamespaceAnnotation];
    if (name !== undefined && namespace !== undefined) this.#options.onChange({ name, namespace });
  }
}

function keyOf({ group, kind }: GroupKind): string {
  return `${kind}.${group}`;
}

/** Only what is compared later; managedFields are hashed first. */
function strip(object: DependentObject): DependentObject {
  const { name, namespace, uid, resourceVersion, generation, deletionTimestamp, annotations } = object.metadata;
  const kept: Record<string, string> = {};
  for (const key of [releaseNameAnnotation, releaseNamespaceAnnotation]) {
    const value = annotations?.[key];
    if (value !== undefined) kept[key] = value;
  }
  const appliedHash = hashOfApplied(object.metadata.managedFields ?? []);
  return {
    metadata: {
      name,
      uid,
      resourceVersion,
      annotations: kept,
      ...(namespace === undefined ? {} : { namespace }),
      ...(generation === undefined ? {} : { generation }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    ...(appliedHash === undefined ? {} : { appliedHash }),
  };
}

function hashOfApplied(managedFields: readonly ManagedFieldsEntry[]): string | undefined {
  const entry = managedFields.find((each) => each.manager === 'helm' && each.operation === 'Apply');
  return entry === undefined
    ? undefined
    : createHash('sha256').update(JSON.stringify(entry.fieldsV1)).digest('hex').slice(0, 16);
}

/** The stored form of an object that was read whole. */
export function toDependent(object: KubeObject): DependentObject {
  return strip(object);
}
