// `run --purge-policy FILE`: the file's schedule in its zone, running the same code as `purge run`.
import { isDeepStrictEqual } from 'node:util';
import type { PurgePolicy } from '../api/v1alpha1/purge-policy.ts';
import type { KubeClient } from '../kube/client.ts';
import { Discovery } from '../kube/discovery.ts';
import type { Clock } from '../lib/clock.ts';
import { errorText } from '../lib/error-text.ts';
import { PurgeError } from '../purge/errors.ts';
import type { PurgeLock } from '../purge/lock/purge-lock.ts';
import type { OperatorIdentity } from '../purge/plan/denials.ts';
import { type PurgeSettings, settingsOf } from '../purge/policy/settings.ts';
import { type NightEnd, type PurgeLog, runNight } from '../purge/run-night.ts';
import { nextDue, readCalendar } from '../schedule/calendar.ts';
import { type Nightly, startNightly } from '../schedule/nightly.ts';
import type { ProvenUninstaller } from '../uninstall/proven-uninstaller.ts';
import { policyOfFile } from './policy-at-work.ts';
import { recordsOfSchedule } from './purge-records.ts';

/** What a schedule is wired with. */
export interface PurgeScheduleDeps {
  readonly client: KubeClient;
  readonly uninstaller: ProvenUninstaller;
  readonly operator: OperatorIdentity;
  readonly clock: Clock;
  readonly log: PurgeLog;
  /** Where the policy stands: a night goes by what it says then, its schedule excepted. Absent: by the policy as it was. */
  readonly file?: string | undefined;
  /** Held while a night purges. */
  readonly lock: Pick<PurgeLock, 'acquire'>;
  /** Where the nights that purge are recorded. `client` is not fenced: how a night ended is recorded whoever leads by then. */
  readonly records: { readonly client: KubeClient; readonly stateHome: string };
  /** Told how each night ended, for metrics; undefined: it was refused by an error, and nothing was deleted. */
  readonly observe?: ((policy: string, end: NightEnd | undefined) => void) | undefined;
  /** Aborted: what a night has in flight is ended, and not only nothing more started. */
  readonly forceSignal?: AbortSignal | undefined;
}

/** A schedule in force. */
export type PurgeSchedule = Nightly;

const otherSchedule = 'the schedule of the policy has changed: it is followed after a restart';

/**
 * Starts the policy's schedule. From the call of `stop` on there is no further night, and one in flight starts no further
 * release; its promise resolves when the releases in flight are done, or have been ended by `forceSignal`. @throws PurgeError, ScheduleError where it cannot be followed, at once
 */
export function startPurgeSchedule(policy: PurgePolicy, deps: PurgeScheduleDeps): PurgeSchedule {
  const settings = settingsOf(policy);
  const { log, clock } = deps;
  const schedule = requireSchedule(policy);
  const calendar = readCalendar(schedule);
  const next = nextDue(calendar, clock.now());
  const named = { policy: settings.policyName, mode: settings.mode };
  log.info('purge scheduled', {
    ...named,
    schedule: schedule.expression,
    timeZone: schedule.timeZone,
    next: next === undefined ? 'never' : new Date(next).toISOString(),
  });
  for (const notice of settings.notices) log.warn('purge policy', { ...named, notice });
  const discovery = new Discovery(deps.client);
  const records = recordsOfSchedule(deps.records.client, {
    policy: settings.policyName,
    stateHome: deps.records.stateHome,
    log,
  });
  return startNightly({
    calendar,
    clock,
    run: async (_dueAtMs, signal) => {
      const now = deps.file === undefined ? { settings } : await policyOfFile(deps.file, settings);
      if (!isDeepStrictEqual(now.settings.schedule, settings.schedule)) log.warn(otherSchedule, named);
      deps.observe?.(settings.policyName, await runNight({ ...deps, ...now, discovery, records }, signal));
    },
    observer: {
      onOverlap: (dueAtMs) => log.warn('purge left out: the last one still runs', { ...named, due: iso(dueAtMs) }),
      onError: (error, dueAtMs) => {
        log.error('purge failed', { ...named, due: iso(dueAtMs), error: errorText(error) });
        deps.observe?.(settings.policyName, undefined);
      },
    },
  });
}

/** The policy's schedule. @throws PurgeError where it has none */
export function requireSchedule(policy: PurgePolicy): NonNullable<PurgeSettings['schedule']> {
  const { schedule, policyName } = settingsOf(policy);
  if (schedule !== undefined) return schedule;
  throw new PurgeError('POLICY_INVALID', `the policy ${policyName} has no schedule`, {
    isTerminal: true,
    remedy: 'Add spec.schedule, such as "0 20 * * 1-5", and spec.timeZone.',
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
