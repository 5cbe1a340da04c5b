// Reading an undo Secret: whoever writes Secrets in the namespace can change it, so it counts only as far as the run's note goes.
import type { KubeClient } from '../../kube/client.ts';
import { CoreResources } from '../../kube/resource.ts';
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import { decodeRelease, RecordError } from '../../release/decode.ts';
import type { RecordSecret } from '../../release/record.ts';
import { type ParsedContent, parseContent } from '../../uninstall/record-trust.ts';
import type { UndoNote } from '../record/run-recorder.ts';
import type { RestoreRefusal } from './restore-refusal.ts';
import { recordLabelsOf, undoDigest, undoSecretType } from './undo-secret.ts';

/** A copy that is what the run noted. */
export interface UndoCopy {
  /** `data.release` as it was in the record. */
  readonly payload: string;
  /** What people had labelled the record with. */
  readonly labels: Readonly<Record<string, string>>;
  readonly content: ParsedContent;
}

/** Reads and checks the copy. @throws ApiError where it cannot be read */
export async function readCopy(
  client: KubeClient,
  note: UndoNote,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<UndoCopy | RestoreRefusal> {
  const { namespace, secret: name } = note;
  const secret = await client.find<RecordSecret>(CoreResources.secrets, { namespace, name, ...options });
  if (secret === undefined) return missing(note);
  const payload = secret.data?.release ?? '';
  if (secret.type !== undoSecretType) return forged(note, `is of type ${quoteUntrusted(secret.type ?? '')}`);
  if (undoDigest(payload) !== note.digest) return forged(note, 'does not have the digest that the run noted');
  try {
    const release = decodeRelease({ data: { release: payload } });
    const isOfNote =
      release.name === note.name && release.namespace === namespace && release.revision === note.revision;
    if (!isOfNote) return forged(note, 'holds another release or revision than the run noted');
    return { payload, labels: recordLabelsOf(secret.metadata), content: parseContent(release) };
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return {
      code: 'UNDO_UNREADABLE',
      reason: `its copy cannot be read: ${error.message}`,
      remedy: 'Install the chart again.',
    };
  }
}

/** Of a namespace that was deleted since, whether there is another of its name or not. */
export function goneWithNamespace(namespace: string): RestoreRefusal {
  return {
    code: 'UNDO_MISSING',
    reason: `namespace ${namespace} is not the one any more where it was purged: its copy and its account went with that one`,
    remedy: 'Install the chart again.',
  };
}

function missing({ namespace, secret }: UndoNote): RestoreRefusal {
  return {
    code: 'UNDO_MISSING',
    reason: `there is no secret ${namespace}/${secret}: swept after its time, deleted, or gone with its namespace`,
    remedy: 'Install the chart again.',
  };
}

function forged({ namespace, secret }: UndoNote, what: string): RestoreRefusal {
  return {
    code: 'UNDO_FORGED',
    reason: `secret ${namespace}/${secret} ${what}`,
    remedy: 'Somebody changed the copy: look at who may write Secrets in the namespace. Install the chart again.',
  };
}
