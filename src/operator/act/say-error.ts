// An error of the API server that ends a pass: tried again by the queue, and said in the status meanwhile, because nobody
// reads the log first.
import { ApiError } from '../../kube/errors.ts';
import { errorText } from '../../lib/error-text.ts';
import { type Pass, type PassContext, writeStatus } from '../pass.ts';

/** What says nothing about the resource, and passes. */
const passing: ReadonlySet<string> = new Set([
  'API_UNREACHABLE',
  'API_TIMEOUT',
  'API_TOO_MANY_REQUESTS',
  'API_SERVER_ERROR',
  'API_CONFLICT',
]);

/** Writes it down where it is about the resource: a missing right, a refused object. Never throws. */
export async function sayError(pass: Pass, error: unknown, context: PassContext): Promise<void> {
  if (!(error instanceof ApiError) || passing.has(error.code) || pass.signal.aborted) return;
  const reason = error.code === 'API_FORBIDDEN' ? 'Forbidden' : 'Retrying';
  const message = error.remedy === undefined ? error.message : `${error.message} — ${error.remedy}`;
  try {
    await writeStatus(pass, { verdict: { ready: 'False', reason, message, phase: 'working' } }, context);
  } catch (failure) {
    context.log.warn('status not written', { key: pass.key, error: errorText(failure) });
  }
}
