// The way back, made right before a release goes: its record is copied and the copy noted, or nothing is deleted (DESIGN.md P8).
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import { CoreResources } from '../../kube/resource.ts';
import { actingClient } from '../../kube/service-account.ts';
import type { Clock } from '../../lib/clock.ts';
import { CodedError } from '../../lib/coded-error.ts';
import { errorText } from '../../lib/error-text.ts';
import { isRecord, maxRevision, parseRecord, type RecordSecret } from '../../release/record.ts';
import type { ProvenRelease } from '../../uninstall/prove-stored.ts';
import type { ReleaseKey } from '../../uninstall/uninstaller.ts';
import { failed, type UninstallOutcome } from '../execute/uninstall-release.ts';
import type { PurgeSettings } from '../policy/settings.ts';
import type { RunRecorder, UndoNote } from '../record/run-recorder.ts';
import { undoDigest, undoSecretName, undoSecretOf, undoSecretType } from './undo-secret.ts';

const fieldManager = 'bookstore-operator-purge';

/** Where notes go: the run's record. */
export type UndoNotes = Pick<RunRecorder, 'run' | 'noteUndo'>;

/** The records that a proof has read, as far as they are copied. */
export type ProvenSecrets = Pick<ProvenRelease, 'latestSecret' | 'deployedSecret'>;

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
 * Copies the record of the revision that is to be brought back, and notes it: the newest that helm calls deployed, for it is
 * what worked; where there is none, because the first install failed or never ended, or because an uninstall was begun, the
 * latest. It is copied as it was read for the proof, so what is copied is what is purged. The same run again finds its own copy
 * and repeats nothing. Never throws.
 */
export async function makeUndo(
  deps: UndoDeps,
  { namespace, name, proven }: ReleaseKey & { readonly proven: ProvenSecrets },
  signal?: AbortSignal,
): Promise<Undo> {
  try {
    const copied = await copyRecord(deps, proven.deployedSecret ?? proven.latestSecret, signal);
    return { note: await note(deps, copied) };
  } catch (error) {
    return { outcome: refused(error, { namespace, name }) };
  }
}

async function copyRecord(
  { client, settings, clock, notes }: UndoDeps,
  secret: RecordSecret | undefined,
  signal: AbortSignal | undefined,
): Promise<UndoNote> {
  if (secret === undefined) throw new UndoRefusal('no record of it has its name');
  const record = parseRecord(secret.metadata);
  if (!isRecord(record)) throw new UndoRefusal(`secret ${record.secretName} ${record.reason}`);
  const { namespace, name, revision } = record;
  if (revision >= maxRevision) throw new UndoRefusal(`revision ${revision} leaves no number to bring it back under`);
  const { serviceAccount, undoRetentionMs } = settings;
  const acting = actingClient(client, { serviceAccount, namespace });
  const payload = secret.data?.release ?? '';
  const undo = undoSecretOf({
    run: notes.run,
    record,
    payload,
    expiresAtMs: clock.now() + undoRetentionMs,
  });
  try {
    await acting.create(CoreResources.secrets, undo, { fieldManager, isMetadataOnly: true, signal });
  } catch (error) {
    if (!isApiError(error, 'API_ALREADY_EXISTS')) throw error;
    await requireSame(acting, { namespace, name: undoSecretName(notes.run, name), payload, signal }, error);
  }
  return { namespace, name, revision, secret: undoSecretName(notes.run, name), digest: undoDigest(payload) };
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

function refused(error: unknown, { namespace, name }: ReleaseKey): UninstallOutcome {
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
