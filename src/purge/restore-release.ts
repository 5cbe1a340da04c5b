// One release brought back: everything is looked at, the record is written back as uninstalled, helm rolls back to it.

import type { Helm } from '../helm/process.ts';
import { helmRollback } from '../helm/rollback.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import { isApiError } from '../kube/errors.ts';
import { CoreResources } from '../kube/resource.ts';
import type { Clock } from '../lib/clock.ts';
import { CodedError } from '../lib/coded-error.ts';
import { errorText } from '../lib/error-text.ts';
import { rewriteStatus } from '../release/encode.ts';
import { recordSecretName, recordSecretType } from '../release/record.ts';
import type { AllowedKind } from '../uninstall/record-trust.ts';
import { readCopy, type UndoCopy } from './restore-copy.ts';
import { objectsInTheWay } from './restore-objects.ts';
import { isRefusal, type RestoreRefusal } from './restore-refusal.ts';
import type { RestoreResult } from './restore-report.ts';
import { type Standing, standingOf, writtenBackDescription } from './restore-standing.ts';
import type { UndoNote } from './run-recorder.ts';

const fieldManager = 'bookstore-operator-purge';

/** Revisions that helm keeps of what was brought back (DESIGN.md §1). */
const maxHistory = 10;

/** What bringing back takes. */
export interface RestoreDeps {
  /** Fenced: every write asks whether the lock still holds. */
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly helm: Helm;
  /** helm 3 knows no server-side apply. */
  readonly isHelm3: boolean;
  /** In each release's namespace; undefined: with our own rights, and then no hook runs. */
  readonly serviceAccount: string | undefined;
  readonly allowedKinds: readonly AllowedKind[];
  readonly releaseTimeoutMs: number;
  readonly clock: Clock;
}

/** What looking at a release found. */
export type RestoreJudgement =
  | { readonly copy: UndoCopy; readonly isWrittenBack: boolean }
  | Extract<RestoreResult, { readonly result: 'skipped' | 'refused' }>;

/** Looks, and changes nothing. @throws ApiError where something cannot be read */
export async function judgeRestore(deps: RestoreDeps, note: UndoNote, signal?: AbortSignal): Promise<RestoreJudgement> {
  const client = actingIn(deps, note.namespace);
  const copy = await readCopy(client, note, { signal });
  if (isRefusal(copy)) return { result: 'refused', ...copy };
  const standing = await standingOf(client, copy.content.release, { signal });
  if (standing.at === 'restored') return { result: 'skipped', reason: alreadyThere(standing) };
  if (standing.at === 'in-use') return { result: 'refused', ...nameInUse(note, standing.why) };
  const { discovery, allowedKinds, serviceAccount } = deps;
  const mayRunHooks = serviceAccount !== undefined;
  const inTheWay = await objectsInTheWay({ client, discovery, allowedKinds, mayRunHooks, signal }, copy.content);
  if (inTheWay !== undefined) return { result: 'refused', ...inTheWay };
  return { copy, isWrittenBack: standing.at === 'written-back' };
}

/** Looks, and brings back. `signal` ends an attempt in flight. Never throws. */
export async function restoreRelease(deps: RestoreDeps, note: UndoNote, signal?: AbortSignal): Promise<RestoreResult> {
  const startedMs = deps.clock.monotonic();
  const elapsedMs = (): number => Math.round(deps.clock.monotonic() - startedMs);
  try {
    const judged = await judgeRestore(deps, note, signal);
    if ('result' in judged) return judged;
    if (!judged.isWrittenBack) {
      const refusal = await writeBack(deps, { note, copy: judged.copy, signal });
      if (refusal !== undefined) return { result: 'refused', ...refusal };
    }
    await rollBack(deps, note, signal);
    const client = actingIn(deps, note.namespace);
    const standing = await standingOf(client, judged.copy.content.release, { signal });
    const durationMs = elapsedMs();
    return standing.at === 'restored'
      ? { result: 'restored', durationMs, newRevision: standing.revision }
      : { result: 'failed', durationMs, ...notThere(note) };
  } catch (error) {
    return { result: 'failed', durationMs: elapsedMs(), ...failure(error, note) };
  }
}

/** As helm had written it, but for the state: an uninstalled release can be rolled back to. */
async function writeBack(
  deps: RestoreDeps,
  {
    note,
    copy,
    signal,
  }: { readonly note: UndoNote; readonly copy: UndoCopy; readonly signal: AbortSignal | undefined },
): Promise<RestoreRefusal | undefined> {
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
    return nameInUse(note, `there is a secret ${recordSecretName(name, revision)}`);
  }
}

async function rollBack(deps: RestoreDeps, note: UndoNote, signal: AbortSignal | undefined): Promise<void> {
  const { namespace, name, revision } = note;
  const { helm, isHelm3, serviceAccount, releaseTimeoutMs } = deps;
  await helmRollback(helm, {
    namespace,
    name,
    revision,
    timeoutMs: releaseTimeoutMs,
    maxHistory,
    isClientSide: isHelm3,
    signal,
    ...(serviceAccount === undefined
      ? { isWithoutHooks: true }
      : { impersonate: `system:serviceaccount:${namespace}:${serviceAccount}` }),
  });
}

function actingIn({ client, serviceAccount }: RestoreDeps, namespace: string): KubeClient {
  if (serviceAccount === undefined) return client;
  return client.impersonating(`system:serviceaccount:${namespace}:${serviceAccount}`);
}

function alreadyThere({ revision, isChanged }: Extract<Standing, { readonly at: 'restored' }>): string {
  const changed = isChanged ? ', and was changed since' : '';
  return `it was brought back already${changed}: revision ${revision} is deployed`;
}

function nameInUse({ name, namespace }: UndoNote, why: string): RestoreRefusal {
  return {
    code: 'NAME_IN_USE',
    reason: `its name is in use: ${why}`,
    remedy: `Look at it with: helm history ${name} --namespace ${namespace}. To have the purged one back, uninstall this one first.`,
  };
}

function notThere({
  name,
}: UndoNote): Omit<Extract<RestoreResult, { readonly result: 'failed' }>, 'result' | 'durationMs'> {
  return {
    code: 'RESTORE_UNPROVED',
    message: `helm reported success, but no deployed revision with the content of the copy is stored of ${name}`,
    remedy: 'Somebody may have changed it meanwhile: look at helm history.',
  };
}

function failure(
  error: unknown,
  { name, namespace }: UndoNote,
): Omit<Extract<RestoreResult, { readonly result: 'failed' }>, 'result' | 'durationMs'> {
  const coded = error instanceof CodedError ? error : undefined;
  const again = `Restore again once that is mended, or take away what is there: helm uninstall ${name} --namespace ${namespace}.`;
  return {
    code: coded?.code ?? 'UNEXPECTED',
    message: errorText(error),
    remedy: coded?.remedy === undefined ? again : `${coded.remedy} ${again}`,
  };
}
