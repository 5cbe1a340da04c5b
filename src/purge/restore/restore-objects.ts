// What a restore would touch: nothing of another's, and nothing outside the namespace that the policy does not allow (DESIGN.md P1, P8).
import pMap from 'p-map';
import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import { isApiError } from '../../kube/errors.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import { RecordError } from '../../release/decode.ts';
import { type ManifestObject, parseManifest } from '../../release/manifest.ts';
import { maxTokens } from '../../release/strict-yaml.ts';
import { UninstallError } from '../../uninstall/errors.ts';
import { lookUpKinds, ownerOf, ownershipOf, type ResourceLookup, readLive } from '../../uninstall/ownership.ts';
import {
  type AllowedKind,
  describeObject,
  isOfKind,
  outsideOf,
  type ParsedContent,
} from '../../uninstall/record-trust.ts';
import type { ReleaseKey } from '../../uninstall/uninstaller.ts';
import type { RestoreRefusal } from './restore-refusal.ts';

/** What looking takes. */
export interface ObjectsDeps {
  /** Acts as whom the release is brought back. */
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly allowedKinds: readonly AllowedKind[];
  readonly signal?: AbortSignal | undefined;
}

/** Objects that are read at once. */
const reads = 8;

/** A request for each: a chart has dozens, not thousands. */
const maxObjects = 2_000;

interface Touched {
  readonly object: ManifestObject;
  /** Helm does not mark what hooks make. */
  readonly isOfHook: boolean;
}

/** What stands against it, undefined where nothing does. @throws ApiError */
export async function objectsInTheWay(deps: ObjectsDeps, content: ParsedContent): Promise<RestoreRefusal | undefined> {
  try {
    return await look(deps, content);
  } catch (error) {
    if (!(error instanceof RecordError || error instanceof UninstallError)) throw error;
    return { code: 'UNDO_UNREADABLE', reason: error.message, remedy: 'Install the chart again.' };
  }
}

async function look(deps: ObjectsDeps, content: ParsedContent): Promise<RestoreRefusal | undefined> {
  const { namespace } = content.release;
  const touched = touchedByRestore(content);
  const objects = touched.map(({ object }) => object);
  if (objects.length > maxObjects) {
    throw new UninstallError('RECORD_UNTRUSTED', `its manifest names more than ${maxObjects} objects`);
  }
  const lookup = await lookUpKinds(deps.discovery, objects, { signal: deps.signal });
  const unknown = objects.find((object) => lookup(object) === undefined);
  if (unknown !== undefined) return notServed(unknown);
  const outside = new Set(outsideOf(objects, { namespace, isNamespaced: (one) => lookup(one)?.isNamespaced }));
  const refused = [...outside].find((object) => !isOfKind(object, deps.allowedKinds));
  if (refused !== undefined) return notAllowed(refused);
  const found = await pMap(
    touched,
    (one) => doubtOf(one, { ...deps, lookup, release: content.release, isOutside: outside.has(one.object) }),
    { concurrency: reads, ...(deps.signal === undefined ? {} : { signal: deps.signal }) },
  );
  return found.find((one) => one !== undefined);
}

function touchedByRestore({ objects, release }: ParsedContent): readonly Touched[] {
  const budget = { left: maxTokens };
  const hooks = release.hooks.filter(({ events }) => events.some(isRollbackEvent));
  const hookObjects = hooks.flatMap(({ manifest }) => parseManifest(manifest, budget));
  return [
    ...objects.map((object) => ({ object, isOfHook: false })),
    ...hookObjects.map((object) => ({ object, isOfHook: true })),
  ];
}

function isRollbackEvent(event: string): boolean {
  return event === 'pre-rollback' || event === 'post-rollback';
}

interface DoubtContext extends ObjectsDeps {
  readonly lookup: ResourceLookup;
  readonly release: ReleaseKey;
  readonly isOutside: boolean;
}

/** helm would write over what is there, whoever made it. */
async function doubtOf(
  { object, isOfHook }: Touched,
  { client, lookup, release, isOutside, signal }: DoubtContext,
): Promise<RestoreRefusal | undefined> {
  const resource = lookup(object);
  if (resource === undefined) return notServed(object);
  const what = quoteUntrusted(describeObject(object));
  try {
    const where = { resource, releaseNamespace: release.namespace, signal };
    const live = await readLive(client, object.metadata, where);
    return live === undefined ? undefined : doubtOfLive(live, { what, release, mayBeUnmarked: isOfHook && !isOutside });
  } catch (error) {
    if (!isApiError(error, 'API_FORBIDDEN')) throw error;
    const reason = `whose ${what} is cannot be read: ${error.message}`;
    return { code: 'OWNERSHIP_UNREADABLE', reason, remedy: 'Grant the right to get objects of that kind.' };
  }
}

function doubtOfLive(
  live: ObjectMeta,
  { what, release, mayBeUnmarked }: { what: string; release: ReleaseKey; mayBeUnmarked: boolean },
): RestoreRefusal | undefined {
  const ownership = ownershipOf(live, release);
  if (ownership === 'of-another') {
    return {
      code: 'OBJECT_OF_ANOTHER_RELEASE',
      reason: `${what} is of release ${quoteUntrusted(ownerOf(live))} now, and helm would write over it`,
      remedy: 'Uninstall that release first, or install the chart again under other names.',
    };
  }
  if (live.deletionTimestamp !== undefined) {
    return {
      code: 'OBJECT_TERMINATING',
      reason: `${what} is still being deleted, and would go after it was brought back`,
      remedy: 'Wait until it is gone (a finalizer may hold it), and restore again.',
    };
  }
  if (ownership === 'ours' || mayBeUnmarked) return undefined;
  return {
    code: 'OBJECT_UNMARKED',
    reason: `${what} is there, and does not carry the marks of this release: helm would write over it`,
    remedy: 'Delete it, or annotate it with meta.helm.sh/release-name and -namespace to hand it to the release.',
  };
}

function notServed(object: ManifestObject): RestoreRefusal {
  const what = quoteUntrusted(describeObject(object));
  return {
    code: 'KIND_NOT_SERVED',
    reason: `${what} is of a kind that the API server does not serve (${quoteUntrusted(object.apiVersion)})`,
    remedy: 'Install its CustomResourceDefinition again.',
  };
}

function notAllowed(object: ManifestObject): RestoreRefusal {
  const what = quoteUntrusted(describeObject(object));
  return {
    code: 'OBJECT_OUTSIDE_NAMESPACE',
    reason: `${what} is cluster-scoped or in another namespace, and the policy's allowedKinds do not name its kind`,
    remedy: 'Name the policy of the run with -f FILE where it is not in the cluster, or install the chart again.',
  };
}
