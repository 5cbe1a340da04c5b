// Carrying out a plan with a record of it: begun before the first deletion, finished after the last, old ones forgotten.
import { CodedError } from '../../lib/coded-error.ts';
import { errorText } from '../../lib/error-text.ts';
import { type ExecuteDeps, type ExecuteOptions, executePlan } from '../execute/execute.ts';
import type { PurgePlan } from '../plan/plan.ts';
import { concurrencyOf } from '../policy/settings.ts';
import { type BeginOptions, beginRecord, type RunRecords } from './begin-record.ts';
import { endDeadRuns } from './dead-runs.ts';
import { forgetRuns } from './forget-runs.ts';
import type { PurgeReport } from './report.ts';
import { endedEvent } from './run-events.ts';

/** What a recorded run is made with. */
export interface RecordedDeps extends ExecuteDeps {
  readonly records: RunRecords;
}

/**
 * As `executePlan`, of a blocked plan too: that it was blocked is recorded. A record that cannot be finished is told, and
 * takes nothing from the report.
 * @throws PurgeError `RUN_RECORD_REFUSED` before anything is deleted
 */
export async function executeRecorded(
  deps: RecordedDeps,
  plan: PurgePlan,
  options: ExecuteOptions = {},
): Promise<PurgeReport> {
  const { records, settings, uninstaller } = deps;
  const begin: BeginOptions = {
    plan,
    serviceAccount: settings.serviceAccount,
    undoRetentionMs: settings.undoRetentionMs,
    driver: uninstaller.driver,
    concurrency: options.concurrency ?? concurrencyOf(settings, uninstaller.driver),
  };
  await told(records, () => endDead(records));
  const recorder = await beginRecord(records, begin);
  const report = await executePlan({ ...deps, recorder }, plan, options);
  records.onEvent?.(endedEvent(report));
  await told(records, () => recorder.finish(report));
  await told(records, () => forget(deps));
  return report;
}

/** Before this run has a record: what says that it is at work under the same Lease is not. */
async function endDead({ client, clock, directory, lock, talk }: RunRecords): Promise<void> {
  await endDeadRuns({
    client,
    directory,
    lock,
    nowMs: clock.now(),
    onDead: (run, ending) => talk.onDead(run, ending),
  });
}

function forget({ records, settings }: RecordedDeps): Promise<void> {
  return forgetRuns(records, {
    policy: settings.policyName,
    limits: settings.historyLimits,
    retentionMs: settings.undoRetentionMs,
    nowMs: records.clock.now(),
  });
}

async function told({ talk }: RunRecords, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const remedy = error instanceof CodedError ? error.remedy : undefined;
    talk.onTrouble(remedy === undefined ? errorText(error) : `${errorText(error)}. ${remedy}`);
  }
}
