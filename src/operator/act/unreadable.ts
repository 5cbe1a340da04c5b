// A revision whose record or manifest we do not read: said in the status, because nothing else would say it.
import type { ConditionReason } from '../../api/v1alpha1/conditions.ts';
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { RecordError } from '../../release/decode.ts';
import { recordSecretName } from '../../release/record.ts';
import { type News, type Pass, type PassContext, writeStatus } from '../pass.ts';

/**
 * Settles a `RecordError`; throws everything else on. The release is deployed, but what it is made of is not known. What is
 * known of the revision is noted: by it the record can be told from a forged one.
 */
export async function settleUnreadable(
  pass: Pass,
  unread: { readonly error: unknown } & Pick<News, 'release' | 'readyRevision'>,
  context: PassContext,
): Promise<ReconcileResult> {
  const { error, ...known } = unread;
  const what = 'the release is deployed, but its manifest is not read, so its workloads are not known';
  return sayUnread(pass, { error, reason: 'InvalidChart', what, known }, context);
}

/** The same for a record that a dead helm left locked: what it is to be freed to is not known. */
export async function settleLocked(pass: Pass, error: unknown, context: PassContext): Promise<ReconcileResult> {
  const { releaseNamespace: namespace, release, resource } = pass.observation;
  const record = `${namespace}/${recordSecretName(resource.metadata.name, release?.revision ?? 0)}`;
  const what = `a dead helm left the release locked, and its record cannot be freed: delete Secret ${record}, it is not read`;
  return sayUnread(pass, { error, reason: 'ReleaseLocked', what, known: {} }, context);
}

async function sayUnread(
  pass: Pass,
  said: {
    readonly error: unknown;
    readonly reason: ConditionReason;
    readonly what: string;
    readonly known: Omit<News, 'verdict'>;
  },
  context: PassContext,
): Promise<ReconcileResult> {
  const { error, reason, what, known } = said;
  if (!(error instanceof RecordError)) throw error;
  const { key, observation } = pass;
  const message = `${what}: ${error.message}`;
  context.log.warn('record not read', { key, code: error.code, error: error.message });
  context.recordEvent(observation.resource, { type: 'Warning', reason, action: 'read', note: message });
  const verdict = { ready: 'False', reason, message, phase: 'stuck' } as const;
  await writeStatus(pass, { verdict, ...known }, context);
  return {};
}
