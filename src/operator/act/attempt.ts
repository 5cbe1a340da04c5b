// Calling helm within a pass: shown in the status when it takes its time, and failures remembered.
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { HelmError } from '../../helm/errors.ts';
import { errorText } from '../../lib/error-text.ts';
import { decide } from '../decide.ts';
import { forceRequestOf, rememberFailure } from '../failure.ts';
import { type Pass, type PassContext, writeStatus } from '../pass.ts';
import type { Verdict } from '../status.ts';
import { verdictAfterFailure, verdictInFlight } from '../verdict.ts';

/** What helm was asked for. */
export type HelmVerb = 'install' | 'upgrade' | 'uninstall';

/** A helm call that takes longer than this is shown in the status while it runs. */
const showProgressAfterMs = 1_000;

/** Runs a helm call and gives back what it threw. */
export async function attempt(pass: Pass, call: () => Promise<void>, context: PassContext): Promise<unknown> {
  let shown: Promise<void> | undefined;
  const timer = setTimeout(() => {
    shown = writeStatus(pass, { verdict: verdictInFlight(pass.decision) }, context).catch((error: unknown) =>
      context.log.warn('status not written', { error: errorText(error) }),
    );
  }, showProgressAfterMs);
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    clearTimeout(timer);
    await shown;
  }
}

/**
 * After a helm call that failed: remembers it, says it in status, Event and log, and asks for another try where one is
 * left. What is no failure of helm, or came of being told to stop, is thrown on.
 */
export async function settleFailure(
  pass: Pass,
  failed: { readonly error: unknown; readonly verb: HelmVerb },
  context: PassContext,
): Promise<ReconcileResult> {
  const { key, observation, signal } = pass;
  const { error, verb } = failed;
  if (!(error instanceof HelmError) || signal.aborted) throw error;
  const failure = rememberFailure(error, {
    verb,
    digest: observation.desired.isKnown ? observation.desired.digest : '',
    forceRequest: forceRequestOf(observation.resource),
    before: observation.failure,
    nowMs: context.clock.now(),
    random: Math.random(),
  });
  context.failures.set(key, failure);
  context.log.warn('helm failed', { key, verb, code: error.code, error: error.message });
  const { reason, message: note } = failure;
  context.recordEvent(observation.resource, { type: 'Warning', reason, action: verb, note });
  // decided anew with the failure in it: whether tries are left is the decision's to say
  const decision = decide({ ...observation, failure }, context.clock.now());
  const isStuck = failure.isTerminal || (decision.action === 'none' && decision.requeueAfterMs === undefined);
  const verdict = verdictAfterFailure({ ...failure, isTerminal: isStuck });
  const said: Verdict =
    isStuck && decision.reason !== undefined
      ? { ...verdict, reason: decision.reason, message: decision.message }
      : verdict;
  await writeStatus(pass, { verdict: said }, context);
  return isStuck ? {} : { requeueAfterMs: Math.max(1, failure.retryAtMs - context.clock.now()) };
}
