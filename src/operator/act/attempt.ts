// Calling helm within a pass: shown in the status when it takes its time, and failures remembered.
import type { FailedAction } from '../../api/v1alpha1/watched-status.ts';
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { HelmError } from '../../helm/errors.ts';
import type { CodedError } from '../../lib/coded-error.ts';
import { errorText } from '../../lib/error-text.ts';
import { redact } from '../../lib/redact.ts';
import { UninstallError } from '../../uninstall/errors.ts';
import { decide } from '../decide/decide.ts';
import { forceRequestOf, rememberFailure } from '../decide/failure.ts';
import { helmGraceMs } from '../decide/lock.ts';
import type { FailureMemory } from '../observe/observation.ts';
import { type News, type Pass, type PassContext, writeStatus } from '../pass.ts';
import { type Progress, verdictAfterFailure, verdictInFlight, verdictWhileWaiting } from '../status/verdict.ts';
import { ChartCrdsError } from './chart-crds.ts';
import { OutdatedError } from './recheck.ts';
import { inventoryWithRemains } from './remains.ts';

/** A helm call that takes longer than this is shown in the status while it runs. */
const showProgressAfterMs = 1_000;

/**
 * Runs a call that may take long, and gives back what it threw. `call` tells by `onTurn` when its helm has its turn, where it
 * knows; that it waits for one, or that helm is at work, is shown when it takes its time.
 */
export async function attempt(
  pass: Pass,
  call: (onTurn: () => void) => Promise<void>,
  context: PassContext,
): Promise<unknown> {
  const { maxProcesses, running } = context.helm;
  let shown = Promise.resolve();
  const show = (progress: Progress): void => {
    const verdict = verdictInFlight(pass.decision, progress);
    shown = shown
      .then(() => writeStatus(pass, { verdict }, context))
      .catch((error: unknown) => context.log.warn('status not written', { error: errorText(error) }));
  };
  const atMostMs = pass.observation.settings.timeoutMs + helmGraceMs;
  const showLater = (progress: Progress) => setTimeout(() => show(progress), showProgressAfterMs);
  let timer = showLater(running < maxProcesses ? { atMostMs } : { maxProcesses });
  const onTurn = (): void => {
    clearTimeout(timer);
    timer = showLater({ atMostMs });
  };
  try {
    await call(onTurn);
    return undefined;
  } catch (error) {
    return withoutSecrets(error, pass);
  } finally {
    clearTimeout(timer);
    await shown;
  }
}

/** helm and the API server print the values that they refuse: what came out of a Secret is nobody's to read in a status. */
function withoutSecrets(error: unknown, { observation }: Pass): unknown {
  const { desired } = observation;
  if (!(error instanceof HelmError) || !desired.isKnown || desired.secrets.length === 0) return error;
  const message = redact(error.message, desired.secrets);
  const { code, args, isTerminal, remedy, durationMs } = error;
  return new HelmError(code, message, {
    args,
    isTerminal,
    ...(remedy === undefined ? {} : { remedy: redact(remedy, desired.secrets) }),
    ...(durationMs === undefined ? {} : { durationMs }),
  });
}

/**
 * After a call that failed: remembers it, says it in status, Event and log, and asks for another try where one is left.
 * What came of being told to stop is thrown on, and so is what says nothing about the release (an API server that is away).
 */
export async function settleFailure(
  pass: Pass,
  failed: { readonly error: unknown; readonly action: FailedAction },
  context: PassContext,
): Promise<ReconcileResult> {
  const { key, signal } = pass;
  const { error, action } = failed;
  if (error instanceof OutdatedError) {
    context.log.info('decided anew', { key, reason: error.message });
    return { requeueAfterMs: soonMs };
  }
  if (!isAboutRelease(error) || signal.aborted) throw error;
  const failure = rememberFailure(error, {
    ...failureContext(pass, context),
    action,
    random: Math.random(),
  });
  context.log.warn('helm failed', { key, action, code: error.code, error: error.message });
  // an uninstall is forced until it is done: a request to do without the release stands
  if (action !== 'uninstall') context.forces.set(key, pass.observation.resource);
  const mayHaveLeft = error instanceof HelmError && action !== 'uninstall';
  const inventory = mayHaveLeft ? await inventoryWithRemains(pass, context) : undefined;
  const remains = inventory === undefined ? {} : { inventory };
  return settleRemembered(pass, { failure, ...remains }, context);
}

/** Says a failure, and asks for the next step: another try, a rollback, or none. */
async function settleRemembered(
  pass: Pass,
  remembered: { readonly failure: FailureMemory } & Pick<News, 'inventory'>,
  context: PassContext,
): Promise<ReconcileResult> {
  const { key, observation } = pass;
  const { failure, ...news } = remembered;
  context.failures.set(key, observation.resource, failure);
  const { reason, message: note, action } = failure;
  context.recordEvent(observation.resource, { type: 'Warning', reason, action, note });
  // decided anew with the failure in it: whether tries are left is the decision's to say
  const now = await context.observer.refresh(observation, pass.signal);
  const decision = decide({ ...now, failure }, context.clock.now());
  const whileWaiting = verdictWhileWaiting({ failure, decision }, observation);
  await writeStatus(pass, { verdict: whileWaiting ?? verdictAfterFailure(failure), ...news }, context);
  if (whileWaiting === undefined) return { requeueAfterMs: soonMs };
  return decision.requeueAfterMs === undefined ? {} : { requeueAfterMs: decision.requeueAfterMs };
}

/** What a failure of this pass is remembered with. */
export function failureContext(pass: Pass, context: PassContext) {
  const { observation } = pass;
  return {
    digest: observation.desired.isKnown ? observation.desired.digest : '',
    forceRequest: forceRequestOf(observation.resource),
    revision: observation.release?.revision,
    before: context.failures.get(pass.key, observation.resource), // a pass may have remembered one already
    nowMs: context.clock.now(),
  };
}

/** The next step is another verb: a pass of its own. */
const soonMs = 1;

function isAboutRelease(error: unknown): error is CodedError {
  return error instanceof HelmError || error instanceof UninstallError || error instanceof ChartCrdsError;
}
