// The way back, made right before a release goes: its record is copied and the copy noted, or nothing is deleted (DESIGN.md P8).
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { CoreResources } from '../../kube/resource.ts';
import type { Clock } from '../../lib/clock.ts';
import { CodedError } from '../../lib/coded-error.ts';
import { errorText } from '../../lib/error-text.ts';
import { decodeRelease } from '../../release/decode.ts';
import { groupReleases } from '../../release/group-releases.ts';
import {
  isRecord,
  maxRevision,
  parseRecord,
  type ReleaseRecord,
  recordLabelSelector,
  recordSecretType,
} from '../../release/record.ts';
import type { RecordSecret } from '../../uninstall/record-reader.ts';
import { actingClient } from '../acting-user.ts';
import { touchedSincePlan } from '../execute/recheck.ts';
import { failed, type UninstallOutcome } from '../execute/uninstall-release.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { PurgeSettings } from '../policy/settings.ts';
import type { RunRecorder, UndoNote } from '../record/run-recorder.ts';
import { liveRecord } from './live-record.ts';
import { undoDigest, undoSecretName, undoSecretOf, undoSecretType } from './undo-secret.ts';

const fieldManager = 'bookstore-operator-purge';

/** Where notes go: the run's record. */
export type UndoNotes = Pick<RunRecorder, 'run' | 'noteUndo'>;

/** What copying takes. */
export interface UndoDeps {
  /** Fenced like every write of a run. */
  readonly client: KubeClient;
  readonly settings: Pick<PurgeSettings, 'serviceAccount' | 'undoRetentionMs'>;
  readonly clock: Clock;
  readonly notes: UndoNotes;
}

/** A note, or the outcome of a release that has none: it was not touched. */
export type Undo = { readonly note: UndoNote } | { readonly outcome: UninstallOutcome };

/**
 * Copies the record of the revision that is to be brought back, and notes it. The stored records must be those of the plan: what
 * is copied is what is purged. The same run again finds its own copy and repeats nothing. Never throws.
 */
export async function makeUndo(deps: UndoDeps, entry: PlanEntry, signal?: AbortSignal): Promise<Undo> {
  try {
    const copied = await copyRecord(deps, entry, signal);
    if (copied === undefined) return { outcome: { result: 'skipped', reason: touchedSincePlan } };
    return { note: await note(deps, copied) };
  } catch (error) {
    return { outcome: refused(error, entry) };
  }
}

async function copyRecord(
  { client, settings, clock, notes }: UndoDeps,
  entry: PlanEntry,
  signal: AbortSignal | undefined,
): Promise<UndoNote | undefined> {
  const { namespace, name } = entry;
  const { serviceAccount, undoRetentionMs } = settings;
  const acting = actingClient(client, { serviceAccount, namespace });
  const record = await plannedRecord(acting, entry, signal);
  if (record === undefined) return undefined;
  const location = { namespace, name: record.secretName, signal };
  const secret = await acting.find<RecordSecret>(CoreResources.secrets, location);
  const { uid, resourceVersion } = secret?.metadata ?? {};
  if (secret === undefined || uid !== record.uid || resourceVersion !== record.resourceVersion) return undefined;
  requireRestorable(secret, record);
  const payload = secret.data?.release ?? '';
  const undo = undoSecretOf({
    run: notes.run,
    record,
    payload,
    expiresAtMs: clock.now() + undoRetentionMs,
  });
  try {
    await acting.create(CoreResources.secrets, undo, { fieldManager, signal });
  } catch (error) {
    if (!isApiError(error, 'API_ALREADY_EXISTS')) throw error;
    await requireSame(acting, { namespace, name: undoSecretName(notes.run, name), payload, signal }, error);
  }
  const { revision } = record;
  return { namespace, name, revision, secret: undoSecretName(notes.run, name), digest: undoDigest(payload) };
}

/** Undefined where the stored records are not those of the plan. */
async function plannedRecord(
  client: KubeClient,
  { namespace, name, recordsDigest }: PlanEntry,
  signal: AbortSignal | undefined,
): Promise<ReleaseRecord | undefined> {
  const { items } = await client.list(CoreResources.secrets, {
    namespace,
    labelSelector: `${recordLabelSelector},name=${name}`,
    isMetadataOnly: true,
    signal,
  });
  const metas = items.map(({ metadata }) => metadata);
  const release = groupReleases(metas).releases.find((one) => one.name === name);
  if (release === undefined || release.recordsDigest !== recordsDigest) return undefined;
  return liveRecord(metas.map(parseRecord).filter(isRecord));
}

/** A copy that could not be brought back is none. @throws RecordError, UndoRefusal */
function requireRestorable(secret: RecordSecret, { name, namespace, revision, secretName }: ReleaseRecord): void {
  if (secret.type !== recordSecretType)
    throw new UndoRefusal(`secret ${secretName} is not of the type of Helm's records`);
  if (revision >= maxRevision) throw new UndoRefusal(`revision ${revision} leaves no number to bring it back under`);
  const inside = decodeRelease(secret);
  const isHonest = inside.name === name && inside.namespace === namespace && inside.revision === revision;
  if (!isHonest) throw new UndoRefusal(`secret ${secretName} says inside that it is of another release or revision`);
}

/** A run that was interrupted has made this copy already; anything else of that name is not ours. */
async function requireSame(
  client: KubeClient,
  wanted: {
    readonly namespace: string;
    readonly name: string;
    readonly payload: string;
    readonly signal: AbortSignal | undefined;
  },
  cause: Error,
): Promise<void> {
  const { namespace, name, payload, signal } = wanted;
  const { type, data } = await client.get<RecordSecret>(CoreResources.secrets, { namespace, name, signal });
  if (type === undoSecretType && data?.release === payload) return;
  throw new UndoRefusal(`a secret ${name} is there already, and it is not this copy`, { cause });
}

async function note({ notes }: UndoDeps, copied: UndoNote): Promise<UndoNote> {
  try {
    await notes.noteUndo(copied);
    return copied;
  } catch (cause) {
    throw new UndoRefusal(`its copy could not be noted: ${errorText(cause)}`, {
      cause,
      ...(cause instanceof CodedError && cause.remedy !== undefined ? { remedy: cause.remedy } : {}),
    });
  }
}

class UndoRefusal extends CodedError<'UNDO_NOT_WRITTEN'> {
  constructor(reason: string, options: { readonly cause?: unknown; readonly remedy?: string } = {}) {
    super('UNDO_NOT_WRITTEN', reason, options);
  }
}

function refused(error: unknown, { namespace, name }: PlanEntry): UninstallOutcome {
  const isThrottled = isApiError(error, 'API_TOO_MANY_REQUESTS'); // tried again like all that waits for the server
  const remedy = isApiError(error, 'API_FORBIDDEN')
    ? `Grant get, list and create on secrets in namespace ${namespace}, or free its quota; docs/purge.md has the rights.`
    : error instanceof CodedError
      ? error.remedy
      : undefined;
  const message = `there is no way back for ${namespace}/${name}, so it was left alone: ${errorText(error)}`;
  return {
    ...failed(error, { message, record: 'left' }),
    ...(isThrottled ? {} : { code: 'UNDO_NOT_WRITTEN' }),
    ...(remedy === undefined ? {} : { remedy }),
  };
}
