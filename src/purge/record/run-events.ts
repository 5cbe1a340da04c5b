// What is told as Events of a PurgePolicy in the cluster: that a run by it began, how it ended, why it was refused. Pure.
import { PurgeRunPhase } from '../../api/v1alpha1/purge-run.ts';
import type { EventOptions } from '../../kube/event-object.ts';
import { errorText } from '../../lib/error-text.ts';
import { isBlocked } from '../plan/plan.ts';
import { countsLine, type PurgeReport, stopReasons } from './report.ts';
import { phaseOf, type RunStart } from './run-record.ts';

const action = 'purge';

/** That releases are about to go; undefined where none is. */
export function beganEvent({ run, plan, requestedBy }: RunStart): EventOptions | undefined {
  const { purge, namespaces } = plan.counts;
  if (isBlocked(plan) || purge === 0) return undefined;
  const note = `run ${run}, asked for by ${requestedBy}; releases: ${purge}, namespaces: ${namespaces}`;
  return { type: 'Normal', reason: 'PurgeStarted', action, note };
}

/** How a run ended. */
export function endedEvent(report: PurgeReport): EventOptions {
  const { run, counts, stoppedBy, capsHit } = report;
  const told = `run ${run}: ${countsLine(counts)}`;
  if (stoppedBy === 'cap') {
    const note = `run ${run}: nothing was deleted: ${capsHit.map(({ reason }) => reason).join('; ')}`;
    return { type: 'Warning', reason: 'PurgeBlocked', action, note };
  }
  if (stoppedBy !== undefined) {
    return { type: 'Warning', reason: 'PurgeStopped', action, note: `${told}; ended early: ${stopReasons[stoppedBy]}` };
  }
  return phaseOf({ report }) === PurgeRunPhase.succeeded
    ? { type: 'Normal', reason: 'PurgeSucceeded', action, note: told }
    : { type: 'Warning', reason: 'PurgeFailed', action, note: told };
}

/** That no run came about, and nothing was deleted. */
export function refusedEvent(error: unknown): EventOptions {
  return { type: 'Warning', reason: 'PurgeRefused', action, note: `nothing was deleted: ${errorText(error)}` };
}
