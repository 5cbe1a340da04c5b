// From a decision, or from what its action led to, to the verdict that status and `kubectl get` show. Pure.
import type { ConditionReason } from '../../api/v1alpha1/conditions.ts';
import type { Decision } from '../decide/decision.ts';
import { sentences } from '../decide/sentences.ts';
import type { State } from '../decide/states.ts';
import type { FailureMemory, Observation, WorkloadsReadiness } from '../observe/observation.ts';
import type { Verdict } from './status.ts';

/** A decision that calls for no act. Undefined: the status has nothing to say (not selected, gone). */
export function verdictOf(decision: Decision, observation: Pick<Observation, 'workloads'>): Verdict | undefined {
  const { reason, message } = decision;
  if (reason === undefined) return undefined;
  const notReady = { ready: 'False', reason, message } as const;
  switch (decision.state) {
    case 'InSync':
      return { ready: 'True', reason, message, phase: 'settled' };
    case 'Progressing':
      return { ...notReady, phase: reason === 'ReadyTimeout' ? 'stuck' : 'working' };
    case 'ChangeReported': {
      const { state = 'ready', message: why = '' } = observation.workloads ?? {};
      const text = state === 'ready' ? message : `${message}; ${why}`;
      return {
        ready: state === 'ready' ? 'True' : 'False',
        reason,
        message: text,
        phase: 'settled',
        drifted: { reason, message },
      };
    }
    case 'Suspended':
      return { ready: 'Unknown', reason, message, phase: 'settled' };
    case 'Foreign':
      return { ...notReady, phase: 'stuck', deployed: { status: 'False', reason, message } };
    case 'Exhausted':
      return { ...notReady, phase: 'stuck' };
    case 'Blocked':
      // a person has to correct it; what else is waited for comes by itself
      return { ...notReady, phase: correctable.has(reason) ? 'stuck' : 'working' };
    case 'Backoff':
    case 'Locked':
    case 'Lingering':
      return { ...notReady, phase: 'working' };
    default:
      return undefined;
  }
}

/** An annotation, the spec, or a name that Helm refuses. */
const correctable: ReadonlySet<ConditionReason> = new Set(['InvalidAnnotation', 'InvalidValues', 'InstallFailed']);

/** What a helm call that takes its time is doing: waiting for one of so many helms, or at work for so long at most. */
export type Progress = { readonly maxProcesses: number } | { readonly atMostMs: number };

/** While a helm call runs that takes its time. It is not cut short: whatever is asked for meanwhile has to wait. */
export function verdictInFlight(decision: Decision, progress: Progress): Verdict {
  const reason: ConditionReason = decision.reason ?? 'Upgrading';
  const doing =
    'atMostMs' in progress
      ? `helm is at work, for ${progress.atMostMs / 1000} s at most; a newer spec or a deletion waits for its end`
      : `Waiting for a free helm: ${progress.maxProcesses} are at work (--max-concurrent-reconciles)`;
  return { ready: 'Unknown', reason, message: sentences(decision.message, doing), phase: 'working' };
}

/** After a helm call that succeeded. */
export function verdictAfterDeploy(
  verb: 'install' | 'upgrade',
  context: {
    readonly revision: number;
    readonly chart: string;
    readonly workloads: WorkloadsReadiness;
  },
): Verdict {
  const { workloads } = context;
  const deployed = deployedBy(verb, context);
  return workloads.state === 'ready'
    ? {
        ready: 'True',
        reason: 'WorkloadsReady',
        message: 'the release is deployed and its workloads are ready',
        phase: 'settled',
        deployed,
      }
    : {
        ready: 'False',
        reason: workloads.state === 'failed' ? 'WorkloadsFailed' : 'WorkloadsProgressing',
        message: workloads.message,
        phase: 'working',
        deployed,
      };
}

/** What `Deployed` says of a revision that is. */
export function deployedBy(
  verb: 'install' | 'upgrade',
  release: { readonly revision: number; readonly chart: string },
): NonNullable<Verdict['deployed']> {
  return {
    status: 'True',
    reason: verb === 'install' ? 'InstallSucceeded' : 'UpgradeSucceeded',
    message: `revision ${release.revision} of ${release.chart} is deployed`,
  };
}

/** After going back: why that was done is what the resource's reader has to know. */
export function verdictAfterRollback(
  cause: { readonly reason: ConditionReason; readonly message: string },
  release: { readonly revision: number; readonly toRevision: number; readonly chart: string },
): Verdict {
  const back = `revision ${release.revision} of ${release.chart} is deployed: it has the content of revision ${release.toRevision}`;
  return {
    ready: 'False',
    reason: cause.reason,
    message: `${cause.message} — ${back}`,
    phase: 'working',
    deployed: { status: 'True', reason: 'RollbackSucceeded', message: back },
  };
}

/** After a failure, where something is done about it next. */
export function verdictAfterFailure(failure: FailureMemory): Verdict {
  const { reason, message } = failure;
  return { ready: 'False', reason, message, phase: 'working', ...deployedAfter(failure) };
}

/** After a failure, where nothing is: what is waited for. Undefined where the decision is none that follows a failure. */
export function verdictWhileWaiting(
  { failure, decision }: { readonly failure: FailureMemory; readonly decision: Decision },
  observation: Pick<Observation, 'workloads'>,
): Verdict | undefined {
  const isWaiting = waiting.has(decision.state);
  const verdict = isWaiting ? verdictOf(decision, observation) : undefined;
  return verdict === undefined ? undefined : { ...deployedAfter(failure), ...verdict };
}

const waiting: ReadonlySet<State> = new Set(['Backoff', 'Exhausted', 'Foreign', 'Blocked', 'Locked']);

/** A failed uninstall says nothing about what is deployed, and what is not ready is deployed. */
function deployedAfter({ action, reason, message }: FailureMemory): Pick<Verdict, 'deployed'> {
  return action === 'uninstall' || action === 'ready' ? {} : { deployed: { status: 'False', reason, message } };
}
