// The tick: node-cron wakes us every minute, the calendar says whether a run is due, and one run at a time is made.
import { createTask } from 'node-cron';
import type { Clock } from '../lib/clock.ts';
import { type Calendar, latestDue } from './calendar.ts';

/** What the schedule tells about itself. */
export interface NightlyObserver {
  /** A due run was not made because its predecessor still runs. */
  readonly onOverlap: (dueAtMs: number) => void;
  /** A run threw. The next one is made all the same. */
  readonly onError: (error: unknown, dueAtMs: number) => void;
}

/** Options of {@link startNightly}. */
export interface NightlyOptions {
  readonly calendar: Calendar;
  readonly clock: Clock;
  /** One run. The signal aborts when the schedule is stopped. */
  readonly run: (dueAtMs: number, signal: AbortSignal) => Promise<void>;
  readonly observer: NightlyObserver;
}

/** A schedule in force. */
export interface Nightly {
  /** Looks at the clock now; what the minute's tick calls. */
  readonly tick: () => void;
  /** At once: no further run, and a run in flight is told to stop. Resolves when it has ended. May be called again. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a schedule. Due is what lies between the last tick and this one, so a tick that comes late or not at all loses
 * nothing, and a wall clock that is set back repeats nothing. node-cron gets only `* * * * *` in UTC: its own zones skip
 * a time that a clock jumps over and repeat one that comes twice (DESIGN.md §6).
 */
export function startNightly(options: NightlyOptions): Nightly {
  const { calendar, clock, observer } = options;
  const stopping = new AbortController();
  let seenUntilMs = clock.now();
  let inFlight: Promise<void> | undefined;

  const tick = (): void => {
    if (stopping.signal.aborted) return;
    const nowMs = clock.now();
    const dueAtMs = latestDue(calendar, { afterMs: seenUntilMs, untilMs: nowMs });
    seenUntilMs = Math.max(seenUntilMs, nowMs);
    if (dueAtMs === undefined) return;
    if (inFlight !== undefined) {
      observer.onOverlap(dueAtMs);
      return;
    }
    inFlight = runOnce(dueAtMs).finally(() => {
      inFlight = undefined;
    });
  };
  const runOnce = async (dueAtMs: number): Promise<void> => {
    try {
      await options.run(dueAtMs, stopping.signal);
    } catch (error) {
      observer.onError(error, dueAtMs);
    }
  };

  const task = createTask('* * * * *', tick, { timezone: 'Etc/UTC', suppressMissedWarning: true });
  void task.start();
  return {
    tick,
    stop: async () => {
      stopping.abort();
      await task.destroy();
      await inFlight;
    },
  };
}
