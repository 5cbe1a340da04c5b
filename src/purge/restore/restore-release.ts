// One release brought back: everything is looked at, the record is written back as uninstalled, helm rolls back to it.

import type { Helm } from '../../helm/process.ts';
import { helmRollback } from '../../helm/rollback.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import { ApiError, isApiError } from '../../kube/errors.ts';
import { CoreResources } from '../../kube/resource.ts';
import { accountUser } from '../../kube/service-account.ts';
import type { Clock } from '../../lib/clock.ts';
import { CodedError } from '../../lib/coded-error.ts';
import { errorText } from '../../lib/error-text.ts';
import { rewriteStatus } from '../../release/encode.ts';
import { recordSecretName, recordSecretType } from '../../release/record.ts';
import { UninstallError } from '../../uninstall/errors.ts';
import type { AllowedKind } from '../../uninstall/record-trust.ts';
import type { UndoNote } from '../record/run-recorder.ts';
import { goneWithNamespace, readCopy, type UndoCopy } from './restore-copy.ts';
import { namespaceFate } from './restore-namespace.ts';
import { objectsInTheWay } from './restore-objects.ts';
import { isRefusal, type RestoreRefusal } from './restore-refusal.ts';
import type { RestoreResult } from './restore-report.ts';
import { type Standing, standingOf, writtenBackDescription } from './restore-standing.ts';

const fieldManager = 'bookstore-operator-purge';

/** Revisions that helm keeps of what was brought back (DESIGN.md §1). */
const maxHistory = 10;

/** Lines to paste: on the cluster of the restore, as `user` where one is given. */
export interface CommandLines {
  helm(words: readonly string[], user?: string): string;
  kubectl(words: readonly string[], user?: string): string;
}

/** What bringing back takes. */
export interface RestoreDeps {
  /** Fenced: every write asks whether the lock still holds. */
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly helm: Helm;
  /** helm 3 knows no server-side apply. */
  readonly isHelm3: boolean;
  /** Of each release's namespace. Never our own rights: whoever writes Secrets there writes what helm does (P1). */
  readonly serviceAccount: string;
  readonly allowedKinds: readonly AllowedKind[];
  readonly releaseTimeoutMs: number;
  readonly clock: Clock;
  readonly lines: CommandLines;
}

/** What looking at a release found. */
export type RestoreJudgement =
  | { readonly copy: UndoCopy; readonly isWrittenBack: boolean }
  | Extract<RestoreResult, { readonly result: 'skipped' | 'refused' }>;

/** Looks, and changes nothing. @throws ApiError where something cannot be read */
export async function judgeRestore(deps: RestoreDeps, note: UndoNote, signal?: AbortSignal): Promise<RestoreJudgement> {
  const client = actingIn(deps, note.namespace);
  const copy = await copyOf(deps, { note, client, signal });
  if (isRefusal(copy)) return { result: 'refused', ...copy };
  const standing = await standingOf(client, copy.content.release, { signal });
  if (standing.at === 'restored') return { result: 'skipped', reason: alreadyThere(standing) };
  if (standing.at === 'in-use') return { result: 'refused', ...nameInUse(deps, { note, ...standing }) };
  if (standing.at === 'untrusted') return { result: 'refused', ...untrusted(deps, { note, why: standing.why }) };
  const { discovery, allowedKinds } = deps;
  const inTheWay = await objectsInTheWay({ client, discovery, allowedKinds, signal }, copy.content);
  if (inTheWay !== undefined) return { result: 'refused', ...inTheWay };
  return { copy, isWrittenBack: standing.at === 'written-back' };
}

/** Where the account may not read it, account and copy may both have gone with their namespace. @throws ApiError */
async function copyOf(
  { client: own, serviceAccount }: RestoreDeps,
  {
    note,
    client,
    signal,
  }: { readonly note: UndoNote; readonly client: KubeClient; readonly signal: AbortSignal | undefined },
): Promise<UndoCopy | RestoreRefusal> {
  try {
    return await readCopy(client, note, { signal });
  } catch (error) {
    if (!isApiError(error, 'API_FORBIDDEN')) throw error;
    const { namespace } = note;
    const fate = await namespaceFate(own, note, { signal });
    if (fate === 'same') throw error;
    if (fate === 'another') return goneWithNamespace(namespace);
    throw new ApiError('API_FORBIDDEN', error.message, {
      cause: error,
      remedy: `Either the serviceAccount ${serviceAccount} of namespace ${namespace} lacks a right (docs/purge.md names them), or the namespace was deleted and made anew since, and account and copies went with it: then install the charts again.`,
    });
  }
}

/** Looks, and brings back. `signal` ends an attempt in flight. Never throws. */
export async function restoreRelease(deps: RestoreDeps, note: UndoNote, signal?: AbortSignal): Promise<RestoreResult> {
  const startedMs = deps.clock.monotonic();
  const elapsedMs = (): number => Math.round(deps.clock.monotonic() - startedMs);
  try {
    const judged = await judgeRestore(deps, note, signal);
    if ('result' in judged) return judged;
    const one = { note, copy: judged.copy, signal };
    if (!judged.isWrittenBack) {
      const refusal = await writeBack(deps, one);
      if (refusal !== undefined) return { result: 'refused', ...refusal };
    }
    await rollBack(deps, one);
    const standing = await standingOf(actingIn(deps, note.namespace), one.copy.content.release, { signal });
    const durationMs = elapsedMs();
    return standing.at === 'restored' && !standing.isChanged
      ? { result: 'restored', durationMs, newRevision: standing.revision }
      : { result: 'failed', durationMs, ...notThere(deps, note) };
  } catch (error) {
    return { result: 'failed', durationMs: elapsedMs(), ...failure(error, { deps, note }) };
  }
}

/** One release, and what it comes back from. */
interface One {
  readonly note: UndoNote;
  readonly copy: UndoCopy;
  readonly signal: AbortSignal | undefined;
}

/** As helm had written it, but for the state: an uninstalled release can be rolled back to. */
async function writeBack(deps: RestoreDeps, { note, copy, signal }: One): Promise<RestoreRefusal | undefined> {
  const { namespace, name, revision } = note;
  const labels = { ...copy.labels, name, owner: 'helm', version: String(revision) };
  const rewritten = rewriteStatus(
    { data: { release: copy.payload }, metadata: { labels } },
    { status: 'uninstalled', description: writtenBackDescription, nowMs: deps.clock.now() },
  );
  const record = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: recordSecretType,
    metadata: { name: recordSecretName(name, revision), namespace, labels: rewritten.labels },
    data: rewritten.data,
  };
  try {
    await actingIn(deps, namespace).create(CoreResources.secrets, record, { fieldManager, signal });
    return undefined;
  } catch (error) {
    if (!isApiError(error, 'API_ALREADY_EXISTS')) throw error;
    return nameInUse(deps, { note, why: `there is a secret ${recordSecretName(name, revision)}` });
  }
}

/** helm reads the records itself: they are looked at right before, and once more where it had to wait for its turn. */
async function rollBack(deps: RestoreDeps, one: One): Promise<void> {
  const { namespace, name, revision } = one.note;
  const recheck = (): Promise<void> => requireWrittenBack(deps, one);
  await recheck();
  await helmRollback(deps.helm, {
    namespace,
    name,
    revision,
    timeoutMs: deps.releaseTimeoutMs,
    maxHistory,
    isClientSide: deps.isHelm3,
    impersonate: accountIn(deps, namespace),
    signal: one.signal,
    recheck,
  });
}

/** @throws UninstallError where anything else is stored of the release than a restore leaves; ApiError */
async function requireWrittenBack(deps: RestoreDeps, { note, copy, signal }: One): Promise<void> {
  const standing = await standingOf(actingIn(deps, note.namespace), copy.content.release, { signal });
  if (standing.at === 'written-back') return;
  const why = 'why' in standing ? `: ${standing.why}` : '';
  throw new UninstallError(
    'RECORD_CHANGED',
    `its records were changed after it was written back, and helm was not started${why}`,
    { remedy: lookAtRecords(deps, note) },
  );
}

function actingIn(deps: RestoreDeps, namespace: string): KubeClient {
  return deps.client.impersonating(accountIn(deps, namespace));
}

function accountIn({ serviceAccount }: RestoreDeps, namespace: string): string {
  return accountUser(serviceAccount, namespace);
}

function alreadyThere({ revision, isChanged }: Extract<Standing, { readonly at: 'restored' }>): string {
  const changed = isChanged ? ', and was changed since' : '';
  return `it was brought back already${changed}: revision ${revision} is deployed`;
}

function nameInUse(
  deps: RestoreDeps,
  {
    note,
    why,
    deleteHook,
  }: { readonly note: UndoNote; readonly why: string; readonly deleteHook?: string | undefined },
): RestoreRefusal {
  const withoutHooks =
    deleteHook === undefined
      ? ''
      : ` Where its own ${deleteHook} is what fails, add --no-hooks: nothing is cleaned up then.`;
  return {
    code: 'NAME_IN_USE',
    reason: `its name is in use: ${why}`,
    remedy: `Look at it with: ${helmLine(deps, note, ['history'])}. To have the purged one back, uninstall this one first: ${helmLine(deps, note, ['uninstall'])}.${withoutHooks}`,
  };
}

function untrusted(
  deps: RestoreDeps,
  { note, why }: { readonly note: UndoNote; readonly why: string },
): RestoreRefusal {
  return {
    code: 'RECORD_UNTRUSTED',
    reason: `what is stored under its name is not to be believed: ${why}`,
    remedy: lookAtRecords(deps, note),
  };
}

/** No word of helm: it would do what somebody wrote there. */
function lookAtRecords(deps: RestoreDeps, { name, namespace }: UndoNote): string {
  const words = ['get', 'secrets', '--namespace', namespace, '--selector', `owner=helm,name=${name}`];
  return `Look at who may write Secrets in the namespace, and delete the records that helm did not write: ${deps.lines.kubectl(words, accountIn(deps, namespace))}. Run no helm on them as yourself.`;
}

/** With no more rights than the restore has: what is stored there may be anybody's. */
function helmLine(deps: RestoreDeps, { name, namespace }: UndoNote, verb: readonly string[]): string {
  return deps.lines.helm([...verb, name, '--namespace', namespace], accountIn(deps, namespace));
}

type Failure = Omit<Extract<RestoreResult, { readonly result: 'failed' }>, 'result' | 'durationMs'>;

function notThere(deps: RestoreDeps, note: UndoNote): Failure {
  return {
    code: 'RESTORE_UNPROVED',
    message: `helm reported success, but no deployed revision with the content of the copy is stored of ${note.name}`,
    remedy: `Somebody changed it meanwhile: look at who may write Secrets, and at ${helmLine(deps, note, ['history'])} and ${helmLine(deps, note, ['get', 'manifest'])}.`,
  };
}

function failure(error: unknown, { deps, note }: { readonly deps: RestoreDeps; readonly note: UndoNote }): Failure {
  const coded = error instanceof CodedError ? error : undefined;
  const { code = 'UNEXPECTED', remedy } = coded ?? {};
  const again = `Restore again once that is mended, or take away what is there: ${helmLine(deps, note, ['uninstall'])}.`;
  return {
    code,
    message: errorText(error),
    remedy: code === 'RECORD_CHANGED' && remedy !== undefined ? remedy : [remedy, again].filter(Boolean).join(' '),
  };
}
