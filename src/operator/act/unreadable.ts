// A revision whose record or manifest we do not read: said in the status, because nothing else would say it.
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { RecordError } from '../../release/decode.ts';
import { type News, type Pass, type PassContext, writeStatus } from '../pass.ts';

/**
 * Settles a `RecordError`; throws everything else on. The release is deployed, but what it is made of is not known. What is
 * known of the revision is noted: by it the record can be told from a forged one.
 */
export async function settleUnreadable(
  pass: Pass,
  unread: { readonly error: unknown } & Pick<News, 'release' | 'isForceHandled'>,
  context: PassContext,
): Promise<ReconcileResult> {
  const { error, ...known } = unread;
  if (!(error instanceof RecordError)) throw error;
  const { key, observation } = pass;
  const message = `the release is deployed, but its manifest is not read, so its workloads are not known: ${error.message}`;
  context.log.warn('record not read', { key, code: error.code, error: error.message });
  context.recordEvent(observation.resource, { type: 'Warning', reason: 'InvalidChart', action: 'read', note: message });
  const verdict = { ready: 'False', reason: 'InvalidChart', message, phase: 'stuck' } as const;
  await writeStatus(pass, { verdict, ...known }, context);
  return {};
}
