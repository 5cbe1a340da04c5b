// Uninstalling without helm, as helm does it (DESIGN.md P9): mark, delete kind after kind, records last. Killed at any point,
// it leaves what helm would leave, and an uninstall by either driver goes on from there.
import pMap from 'p-map';
import { HelmError } from '../helm/errors.ts';
import type { Deletion } from '../kube/call-options.ts';
import type { KubeClient } from '../kube/client.ts';
import { ApiError, isApiError } from '../kube/errors.ts';
import type { RequestGate } from '../kube/http.ts';
import { CoreResources } from '../kube/resource.ts';
import type { Clock } from '../lib/clock.ts';
import { asError } from '../lib/error-text.ts';
import { quoteUntrusted } from '../lib/quote-untrusted.ts';
import { writeMark } from '../release/mark-revision.ts';
import { inUninstallOrder } from '../release/uninstall-order.ts';
import { awaitGone } from './await-gone.ts';
import { deleteSeen } from './delete-seen.ts';
import { UninstallError } from './errors.ts';
import type { LiveObject } from './prove-release.ts';
import type { ProvenUninstallRequest } from './proven-uninstaller.ts';
import { describeObject, isVolumeClaim } from './record-trust.ts';
import type { RecordRef } from './remove-records.ts';
import type { AnsweredUninstall } from './uninstaller.ts';

/** What it acts with. */
export interface NativeDeps {
  /** As whoever is to act. */
  readonly client: KubeClient;
  /** Lets one request through at a time, or so many: over all releases together. */
  readonly limit: RequestGate;
  readonly clock: Clock;
  readonly fieldManager: string;
}

/** What helm writes. */
const description = 'Deletion in progress (or silently failed)';

/** Objects of one kind that are asked for at once. */
const maxOfOneRelease = 32;

/** Objects that a message names. */
const maxNamed = 5;

/**
 * Deletes what is proved, by uid and version, and nothing else. What cannot be deleted stops nothing but the removal of the
 * records: the release stays `uninstalling` then. Resolves with the server's answers, undefined where a record is not wholly
 * gone.
 * @throws UninstallError; HelmError `HELM_RELEASE_NOT_FOUND`; ApiError where the server
 * has no time or is away; the signal's reason
 */
export async function nativeUninstall(
  deps: NativeDeps,
  request: ProvenUninstallRequest,
  signal: AbortSignal,
): Promise<AnsweredUninstall | undefined> {
  const { content } = request.proven;
  const live = request.proven.live.filter(({ object }) => request.shouldKeepClaims !== true || !isVolumeClaim(object));
  const one = { ...deps, ...request, signal };
  // of what is uninstalled already only the history is left, whatever has the names of its objects by now
  if (content.release.status !== 'uninstalled') await markInTime(one);
  const failed: Failed[] = [];
  const going = new Set<string>();
  for (const group of inUninstallOrder(live.map((seen) => ({ ...seen, kind: seen.object.kind })))) {
    const deleteOfGroup = async (seen: LiveObject): Promise<void> => {
      const fate = await orFailed(describeObject(seen.object), () => deleteSeen(seen, one), one);
      if (typeof fate === 'object') failed.push(fate);
      else if (fate === 'going') going.add(seen.meta.uid);
    };
    await pMap(group, deleteOfGroup, { concurrency: maxOfOneRelease, signal });
  }
  requireNone(failed, one);
  if (request.cascade === 'foreground') {
    await awaitGone(live, one);
    going.clear();
  }
  const { failed: unremoved, areGone } = await removeStored(one);
  requireNone(unremoved, one);
  return areGone ? { going } : undefined;
}

type Act = NativeDeps & ProvenUninstallRequest & { readonly signal: AbortSignal };

interface Failed {
  /** `Deployment/shop`: quote it. */
  readonly what: string;
  readonly error: Error;
}

/** Within so long after whoever calls has looked for the last time the mark is sent, unless the server keeps all waiting. */
const promptMs = 1_000;

/**
 * Marks it as soon as there is a turn for it. Where that took long, because there is much in flight or the server has told
 * somebody to wait, whoever calls looks once more before anything is written; the longer it takes, the less often.
 */
async function markInTime(act: Act): Promise<void> {
  const { client, limit, clock, recheck, signal } = act;
  let lookedMs = clock.monotonic();
  for (let patienceMs = promptMs; ; patienceMs *= 2) {
    const isMarked = await limit(async () => {
      if (client.heldBackMs > 0 || clock.monotonic() - lookedMs > patienceMs) return false;
      await markUninstalling(act);
      return true;
    });
    if (isMarked) return;
    await clock.sleep(client.heldBackMs, signal);
    await recheck?.();
    lookedMs = clock.monotonic();
  }
}

/**
 * The very record that was proved. Without the right to write it helm goes on all the same, and so it is here.
 * @throws UninstallError `RECORD_CHANGED`; HelmError
 */
async function markUninstalling({ client, clock, fieldManager, signal, ...request }: Act): Promise<void> {
  const { latestSecret } = request.proven;
  if (latestSecret === undefined) throw notFound(request);
  const change = { status: 'uninstalling', description, isDeletion: true } as const;
  try {
    await writeMark(client, latestSecret, { ...change, fieldManager, clock, signal });
  } catch (error) {
    if (isApiError(error, 'API_NOT_FOUND')) throw notFound(request);
    if (isApiError(error, 'API_CONFLICT')) throw changed(request, error);
    if (!isApiError(error, 'API_FORBIDDEN')) throw error;
    const { namespace, name, uid, resourceVersion } = latestSecret.metadata;
    const now = await client.find(CoreResources.secrets, { namespace, name, isMetadataOnly: true, signal });
    if (now === undefined) throw notFound(request);
    const isSame = now.metadata.uid === uid && now.metadata.resourceVersion === resourceVersion;
    if (!isSame) throw changed(request, error);
  }
}

function changed({ namespace, name }: Pick<Act, 'namespace' | 'name'>, cause: Error): UninstallError {
  const message = `release ${namespace}/${name} is not uninstalled: its record was changed while it was proved`;
  return new UninstallError('RECORD_CHANGED', message, { cause, remedy: 'Look at helm history, and uninstall again.' });
}

/** @throws only the signal's reason */
async function orFailed(
  what: string,
  deleting: () => Promise<Deletion>,
  { signal }: Pick<Act, 'signal'>,
): Promise<Failed | Deletion> {
  try {
    return await deleting();
  } catch (error) {
    signal.throwIfAborted();
    return { what, error: asError(error) };
  }
}

/** The latest when all others are gone: where one fails, what is left names it. */
async function removeStored(act: Act): Promise<{ readonly failed: readonly Failed[]; readonly areGone: boolean }> {
  const { records } = act.proven;
  const concurrency = { concurrency: maxOfOneRelease };
  const fates = await pMap(records.slice(0, -1), (one) => removeRecord(one, act), concurrency);
  if (!fates.some((fate) => typeof fate === 'object')) {
    fates.push(...(await pMap(records.slice(-1), (one) => removeRecord(one, act), concurrency)));
  }
  // one that a finalizer holds is marked, and stored still
  return { failed: fates.filter((fate) => typeof fate === 'object'), areGone: !fates.includes('going') };
}

function removeRecord({ secretName: name, uid }: RecordRef, act: Act): Promise<Failed | Deletion> {
  const { client, limit, namespace, signal } = act;
  const remove = (): Promise<Deletion> => client.delete(CoreResources.secrets, { namespace, name, uid, signal });
  return orFailed(`Secret/${name}`, () => limit(remove), act);
}

/** What says nothing about the release, but about the server or about us, is thrown as it is. */
function requireNone(failed: readonly Failed[], { namespace, name }: Act): void {
  const [first] = failed;
  if (first === undefined) return;
  const other = failed.find(({ error }) => !isAboutObject(error));
  if (other !== undefined) throw other.error;
  const named = failed.slice(0, maxNamed).map(({ what, error }) => `${quoteUntrusted(what)}: ${textOf(error)}`);
  const more = failed.length > maxNamed ? `; and ${failed.length - maxNamed} more` : '';
  const message = `release ${namespace}/${name} is not wholly uninstalled: ${named.join('; ')}${more}`;
  throw new UninstallError('OBJECTS_LEFT', message, {
    cause: first.error,
    remedy:
      'Look at what the message names: a missing right, or an object that was made again. The same uninstall again goes on where this one ended.',
  });
}

function isAboutObject(error: Error): boolean {
  if (error instanceof UninstallError) return true;
  return isApiError(error) && !isApiError(error, 'API_TOO_MANY_REQUESTS', 'API_UNREACHABLE', 'API_TIMEOUT');
}

function textOf(error: Error): string {
  return error instanceof ApiError ? `${error.message} (${error.code})` : error.message;
}

function notFound({ namespace, name }: Pick<Act, 'namespace' | 'name'>): HelmError {
  return new HelmError('HELM_RELEASE_NOT_FOUND', `cannot uninstall ${namespace}/${name}: there is no such release`);
}
