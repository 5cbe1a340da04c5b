// Wall clocks of the world: an instant as a zone's local minute, and a local minute as the instant at which it comes.
import { ScheduleError } from './errors.ts';

/** A minute on a zone's wall clock. */
export interface LocalMinute {
  readonly year: number;
  /** 1–12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;

/**
 * A zone of the IANA database. Offsets (`+01:00`) and what means the machine's own zone are refused: a schedule must mean
 * the same everywhere. @throws ScheduleError `TIME_ZONE_INVALID`
 */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;

  constructor(name: string) {
    this.name = name;
    try {
      if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name) || name === 'Local') throw new RangeError(name);
      this.#format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        calendar: 'gregory',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch (cause) {
      throw new ScheduleError('TIME_ZONE_INVALID', `"${name}" is not a time zone of the IANA database`, {
        cause,
        isTerminal: true,
        remedy: 'Write a name such as Europe/Berlin or Etc/UTC.',
      });
    }
  }

  /** What the wall clock shows at an instant. */
  localMinute(atMs: number): LocalMinute {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(atMs)) parts[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
    return { year, month, day, hour, minute };
  }

  /**
   * The instant at which the wall clock first shows `local`, or, where the clock jumps over it, the first minute after
   * the jump: a local time that does not exist comes late, one that exists twice comes once (DESIGN.md §6).
   */
  instantOf(local: LocalMinute): number {
    const asUtcMs = utcOf(local);
    // Every offset in force within a day of the local time is a candidate: the true one is among them.
    const offsets = [asUtcMs - dayMs, asUtcMs, asUtcMs + dayMs].map((atMs) => this.#offsetMs(atMs));
    const candidates = offsets.map((offsetMs) => asUtcMs - offsetMs).sort((a, b) => a - b);
    const exact = candidates.find((atMs) => utcOf(this.localMinute(atMs)) === asUtcMs);
    return exact ?? this.#firstMinuteShowingAtLeast(asUtcMs, candidates[0] ?? asUtcMs);
  }

  #offsetMs(atMs: number): number {
    return utcOf(this.localMinute(atMs)) - Math.floor(atMs / minuteMs) * minuteMs;
  }

  /** `fromMs` is before the jump; jumps are at most a day (Samoa left one out in 2011). */
  #firstMinuteShowingAtLeast(asUtcMs: number, fromMs: number): number {
    let low = fromMs - dayMs;
    let high = fromMs + 2 * dayMs;
    while (high - low > minuteMs) {
      const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs;
      if (utcOf(this.localMinute(middle)) >= asUtcMs) high = middle;
      else low = middle;
    }
    return high;
  }
}

/** The local minute read as if it were UTC: a number to compare and to count with. */
function utcOf(local: LocalMinute): number {
  return Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute);
}
