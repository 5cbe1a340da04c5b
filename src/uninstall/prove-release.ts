// The proof that an uninstall touches what is the release's and nothing else (DESIGN.md P1, P2).
import pMap from 'p-map';
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import { isApiError } from '../kube/errors.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import type { Resource } from '../kube/resource.ts';
import { errorText } from '../lib/error-text.ts';
import { quoteUntrusted } from '../lib/quote-untrusted.ts';
import { RecordError } from '../release/decode.ts';
import type { ManifestObject } from '../release/manifest.ts';
import { UninstallError, type UninstallErrorCode } from './errors.ts';
import type { LiveReader } from './listed-objects.ts';
import { uncovered } from './native-coverage.ts';
import { lookUpKinds, ownerOf, ownershipOf, type ResourceLookup, readLive } from './ownership.ts';
import type { RecordReader } from './record-reader.ts';
import {
  type AllowedKind,
  deletedBy,
  deleteHooksOf,
  describeHook,
  describeObject,
  isOfKind,
  outsideOf,
  type ParsedContent,
  recordMismatch,
} from './record-trust.ts';
import type { ReleaseKey } from './uninstaller.ts';

/** Of what, and what it may touch. */
export interface ProofRequest extends ReleaseKey {
  /** With all stored records read. */
  readonly reader: RecordReader;
  readonly allowedKinds: readonly AllowedKind[];
  /** Whether delete hooks may run. */
  readonly mayRunHooks: boolean;
  /**
   * Whether objects in the release's own namespace must carry its marks too: without them an object may stand in the place
   * of the release's. What hooks make never has any.
   */
  readonly mustBeMarked: boolean;
  /** Reads the live objects of what the native driver is going to delete; helm looks at no version. Default one by one. */
  readonly readListed?: LiveReader | undefined;
  readonly signal: AbortSignal;
}

/** What the proof reads with. */
export interface ProofDeps {
  readonly client: KubeClient;
  readonly discovery: Discovery;
}

/** Objects that are read at once. */
const reads = 8;

/** A request for each: a chart has dozens, not thousands. */
const maxObjects = 2_000;

/** An object of the release that is there. */
export interface LiveObject {
  readonly object: ManifestObject;
  readonly resource: Resource;
  readonly meta: ObjectMeta;
  /** Whether it must carry the release's marks. */
  readonly mustBeMarked: boolean;
}

/** What was proved. */
export interface ProvenContent {
  readonly content: ParsedContent;
  /** Of the objects that an uninstall deletes, those that are there. */
  readonly live: readonly LiveObject[];
}

/** Resolves where all is proved. @throws UninstallError with what is not; ApiError where the API server cannot be asked */
export async function proveRelease(deps: ProofDeps, request: ProofRequest): Promise<ProvenContent> {
  const { signal } = request;
  const content = trustedContent(request);
  // helm only removes the records of what is uninstalled already
  if (content.release.status === 'uninstalled') return { content, live: [] };
  requireHooksAllowed(content, request);
  const objects = deletedBy(content);
  if (objects.length > maxObjects) throw untrusted(request, `its manifest names more than ${maxObjects} objects`);
  const lookup = await lookUpKinds(deps.discovery, objects, { signal });
  const outside = new Set(outsideOf(objects, { ...request, isNamespaced: (one) => lookup(one)?.isNamespaced }));
  for (const object of outside) await requireAllowed(object, { ...deps, ...request, lookup });
  const ofHooks = new Set(content.hookObjects);
  const readListed = uncovered(content) === undefined ? request.readListed : undefined;
  const sights = await pMap(
    objects,
    (object) => {
      const mustBeMarked = outside.has(object) || (request.mustBeMarked && !ofHooks.has(object));
      return lookAt(object, { ...deps, ...request, readListed, lookup, isOutside: outside.has(object), mustBeMarked });
    },
    { concurrency: reads, signal },
  );
  const doubt = sights.find((one) => one instanceof UninstallError);
  if (doubt !== undefined) throw doubt;
  return { content, live: sights.flatMap((one) => (one === undefined || one instanceof UninstallError ? [] : one)) };
}

function trustedContent(request: ProofRequest): ParsedContent {
  try {
    const mismatch = recordMismatch(request.reader.identities());
    if (mismatch !== undefined) throw new UninstallError('RECORD_UNTRUSTED', mismatch);
    return request.reader.result().latest; // whose manifest is not read: all else about the records is well
  } catch (error) {
    if (error instanceof RecordError) throw unreadable(request, error);
    if (error instanceof UninstallError) throw untrusted(request, errorText(error), error);
    throw error;
  }
}

function requireHooksAllowed({ release }: ParsedContent, request: ProofRequest): void {
  const [hook] = deleteHooksOf(release);
  if (hook === undefined || request.mayRunHooks) return;
  throw refusal(request, {
    code: 'DELETE_HOOKS_REFUSED',
    reason: `it has a ${quoteUntrusted(describeHook(hook))}, which would run with the operator's rights`,
    remedy: 'Give it a serviceAccount to run as, or uninstall it by hand: helm uninstall --no-hooks.',
  });
}

type LookupContext = ProofDeps & ProofRequest & { readonly lookup: ResourceLookup };

async function requireAllowed(object: ManifestObject, context: LookupContext): Promise<void> {
  const what = quoteUntrusted(describeObject(object));
  const resource = context.lookup(object);
  if (resource === undefined) {
    throw refusal(context, {
      code: 'KIND_NOT_SERVED',
      reason: `${what} is of a kind that the API server does not serve (${quoteUntrusted(object.apiVersion)})`,
      remedy: 'Install its CustomResourceDefinition again, or delete the other objects and the records by hand.',
    });
  }
  if (isOfKind(object, context.allowedKinds)) return;
  const where = resource.isNamespaced
    ? `is in namespace ${quoteUntrusted(object.metadata.namespace ?? '')}`
    : 'is cluster-scoped';
  const named = `its record names ${what}, which ${where}, of a kind that its chart does not render`;
  throw refusal(context, {
    code: 'OBJECT_OUTSIDE_NAMESPACE',
    ...((await isMarked(object, resource, context))
      ? {
          reason: `${named} any more`,
          remedy: 'It carries the marks of this release: if it is no use, delete it by hand.',
        }
      : { reason: named, remedy: 'Look at who may write Secrets in the namespace: the record may be forged.' }),
  });
}

/** Marks are put there by whoever may write the object: a forged record does not come with them. */
async function isMarked(object: ManifestObject, resource: Resource, context: LookupContext): Promise<boolean> {
  const { client, namespace: releaseNamespace, signal } = context;
  try {
    const live = await readLive(client, object.metadata, { resource, releaseNamespace, signal });
    return live !== undefined && ownershipOf(live, context) === 'ours';
  } catch (error) {
    if (isApiError(error, 'API_FORBIDDEN')) return false;
    throw error;
  }
}

type SightContext = LookupContext & { readonly isOutside: boolean; readonly mustBeMarked: boolean };

/** The live object, or what stands against deleting it; undefined where it is gone. */
async function lookAt(object: ManifestObject, context: SightContext): Promise<LiveObject | UninstallError | undefined> {
  const { client, lookup, namespace, name, readListed, isOutside, mustBeMarked, signal } = context;
  const resource = lookup(object);
  if (resource === undefined) return undefined; // refused above
  const what = quoteUntrusted(describeObject(object));
  try {
    const live =
      readListed === undefined
        ? await readLive(client, object.metadata, { resource, releaseNamespace: namespace, signal })
        : await readListed(object.metadata, { resource, release: { namespace, name }, signal });
    if (live === undefined) return undefined;
    const ownership = ownershipOf(live, context);
    if (ownership === 'of-another') {
      return refusal(context, {
        code: 'OBJECT_OF_ANOTHER_RELEASE',
        reason: `${what} is of release ${quoteUntrusted(ownerOf(live))} now, and helm would delete it all the same`,
        remedy: 'Delete what is left of the release by hand, or give the object back to it.',
      });
    }
    if (ownership === 'ours' || !mustBeMarked) return { object, resource, meta: live, mustBeMarked };
    const where = isOutside ? 'is outside its namespace and does not carry' : 'does not carry';
    return refusal(context, {
      code: 'OBJECT_UNMARKED',
      reason: `${what} ${where} the marks of this release`,
      remedy: 'If it is of this release, annotate it with meta.helm.sh/release-name and -namespace.',
    });
  } catch (error) {
    if (!isApiError(error, 'API_FORBIDDEN')) throw error;
    return refusal(context, {
      code: 'OWNERSHIP_UNREADABLE',
      reason: `whose ${what} is cannot be read: ${error.message}`,
      remedy: 'Grant the right to get objects of that kind.',
      cause: error,
    });
  }
}

/** Damaged rather than forged: the Secret is named that has to be put right, or what in it is not understood. */
function unreadable(request: ProofRequest, cause: RecordError): UninstallError {
  const { namespace, name, reader } = request;
  const secret = reader.unread === undefined ? undefined : `Secret ${namespace}/${reader.unread.secretName}`;
  const told =
    secret === undefined
      ? {
          reason: cause.message,
          remedy: `Look at helm get manifest ${name}: helm could read it otherwise than the API server does. Correct the chart and upgrade; where the chart is not the cause, look at who may write Secrets in the namespace.`,
        }
      : {
          reason: `${secret} cannot be read: ${cause.message}`,
          remedy: `Restore ${secret} from a backup, or delete it: the revision before it counts then; where there is none, the release's objects stay.`,
        };
  return refusal(request, { code: 'RECORD_UNTRUSTED', ...told, cause });
}

function untrusted(release: ReleaseKey, reason: string, cause?: unknown): UninstallError {
  return refusal(release, {
    code: 'RECORD_UNTRUSTED',
    reason,
    remedy: 'Look at who may write Secrets in the namespace, and at helm history.',
    cause,
  });
}

function refusal(
  { namespace, name }: ReleaseKey,
  told: {
    readonly code: UninstallErrorCode;
    readonly reason: string;
    readonly remedy: string;
    readonly cause?: unknown;
  },
): UninstallError {
  const { code, reason, remedy, cause } = told;
  return new UninstallError(code, `release ${namespace}/${name} is not uninstalled: ${reason}`, { remedy, cause });
}
