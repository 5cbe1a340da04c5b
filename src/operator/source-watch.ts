// The watch of the Secrets, or of the ConfigMaps, that values may come from: which are there, in which version, and what changed.
import { isApiError } from '../kube/errors.ts';
import { type KubeObject, objectKey } from '../kube/objects.ts';
import { CoreResources, type Resource } from '../kube/resource.ts';
import type { Following, WatchHub, WatchStatus } from '../kube/watch-hub.ts';
import { aborted } from '../lib/aborted.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SourceName } from './values-from.ts';

/** All but Helm's records, which are watched already. */
const secretSelector = 'owner!=helm';

/** The version of an object that is not there. No version of one that is looks like it. */
export const absent = 'absent';

/** The resource type of a source. */
export function resourceOf(kind: SourceName['kind']): Resource {
  return kind === 'Secret' ? CoreResources.secrets : CoreResources.configMaps;
}

/** Whether a watch is one of these: without it values are read all the same. */
export function isSourceWatch({ resource, labelSelector }: WatchStatus): boolean {
  if (resource.group !== '') return false;
  if (resource.plural === CoreResources.secrets.plural) return labelSelector === secretSelector;
  return resource.plural === CoreResources.configMaps.plural && labelSelector === undefined;
}

/** `uid/resourceVersion`. */
export function versionOf(object: KubeObject | undefined): string {
  return object === undefined ? absent : `${object.metadata.uid}/${object.metadata.resourceVersion}`;
}

/** Options of {@link SourceWatch}. */
export interface SourceWatchOptions {
  readonly hub: WatchHub;
  readonly kind: SourceName['kind'];
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[];
  /** An object appeared, changed or went. */
  readonly onChange: (name: SourceName) => void;
  readonly log: Logger;
}

/** Follows the metadata of one kind. It goes on trying where it cannot. */
export class SourceWatch {
  readonly #options: SourceWatchOptions;
  readonly #following: Following<KubeObject>;
  readonly #settled: Promise<unknown>;
  #isSettled = false;
  #hasWarned = false;

  constructor(options: SourceWatchOptions) {
    const { hub, kind, namespaces } = options;
    const failed = Promise.withResolvers<void>();
    this.#options = options;
    this.#following = hub.follow<KubeObject>(
      {
        resource: resourceOf(kind),
        namespaces,
        labelSelector: kind === 'Secret' ? secretSelector : undefined,
        isMetadataOnly: true,
        strip,
      },
      {
        onChange: ({ before, after }) => this.#tell(after ?? before),
        onError: (error) => {
          failed.resolve();
          this.#warn(error);
        },
      },
    );
    this.#settled = Promise.race([this.#following.synced, failed.promise]).then(() => {
      this.#isSettled = true;
    });
  }

  /** Resolves at the first list, at the first failure, or when the signal aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    if (!this.#isSettled) await Promise.race([this.#settled, aborted(signal)]);
  }

  /** The version of an object as last seen; undefined where the watch is not kept there, so that nobody knows. */
  versionOf(name: SourceName): string | undefined {
    const { store, isFresh } = this.#following;
    return isFresh(name.namespace) ? versionOf(store.get(objectKey(name))) : undefined;
  }

  #tell(object: KubeObject | undefined): void {
    const { kind, onChange } = this.#options;
    if (object !== undefined) {
      onChange({ kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name });
    }
  }

  /** Once: the watch tries again all the time, and says so itself. */
  #warn(error: unknown): void {
    if (this.#hasWarned || !isApiError(error, 'API_FORBIDDEN', 'API_UNAUTHORIZED')) return;
    this.#hasWarned = true;
    const { kind, log } = this.#options;
    const missing = `list and watch ${resourceOf(kind).plural}`;
    const note = 'values are read on each pass; that they changed is noticed at the next one';
    log.warn('sources of values cannot be watched', { missing, note, error: error.message });
  }
}

/** Only what is compared later. */
function strip(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return { metadata: { name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }) } };
}
