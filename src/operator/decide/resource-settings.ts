// What a resource's annotations change in the settings of its watch entry. Pure.
import { ResourceAnnotation, SdkAnnotation } from '../../api/v1alpha1/annotations.ts';
import { parseGoBool } from '../../lib/go-bool.ts';
import { parseGoDuration } from '../../lib/go-duration.ts';
import { parseGoPeriod, periodExpected } from '../../lib/go-period.ts';
import type { DriftMode, WatchEntry } from '../../watches/watch-entry.ts';

/** The settings in force for one resource. */
export interface ResourceSettings {
  /** helm's `--timeout`. */
  readonly timeoutMs: number;
  /** Undefined: only when something happens. */
  readonly reconcilePeriodMs: number | undefined;
  readonly drift: DriftMode;
  /** Upgrades replace objects as a whole, instead of applying. What cannot be changed cannot be replaced either (tried). */
  readonly isUpgradeForced: boolean;
  /** So do rollbacks. */
  readonly isRollbackForced: boolean;
  /** The finalizer stays until the release's objects are gone. */
  readonly shouldWaitForUninstall: boolean;
  /** The release is left as it is. Undefined where the annotation cannot be read: then nothing is done either. */
  readonly isSuspended: boolean | undefined;
  /** Annotations that cannot be read: what, where, what is expected. Undefined where all can. */
  readonly problem: string | undefined;
}

type Annotations = Readonly<Record<string, string>>;

const driftModes: readonly DriftMode[] = ['enabled', 'warn', 'disabled'];

/** Reads the annotations; one that cannot be read leaves the entry's setting, and is a problem. */
export function resourceSettings(entry: WatchEntry, annotations: Annotations = {}): ResourceSettings {
  const problems: string[] = [];
  const read = <T>(key: string, expected: string, parse: (text: string) => T | undefined): T | undefined => {
    const text = annotations[key];
    const value = text === undefined ? undefined : parse(text);
    if (text !== undefined && value === undefined) {
      problems.push(`annotation ${key} is ${JSON.stringify(text.slice(0, 50))}, expected ${expected}`);
    }
    return value;
  };
  const flagOrUnknown = (key: string, parse = parseGoBool): boolean | undefined =>
    read(key, '"true" or "false"', parse);
  const flag = (key: string, parse = parseGoBool): boolean => flagOrUnknown(key, parse) ?? false;
  const suspend = annotations[ResourceAnnotation.suspend];
  const settings = {
    timeoutMs:
      read(ResourceAnnotation.timeout, 'a duration of at least one second, such as 5m', atLeast(1_000)) ??
      entry.timeoutMs,
    reconcilePeriodMs: read(SdkAnnotation.reconcilePeriod, periodExpected, parseGoPeriod) ?? entry.reconcilePeriodMs,
    drift:
      read(ResourceAnnotation.drift, `one of ${driftModes.join(', ')}`, (text) =>
        driftModes.find((mode) => mode === text),
      ) ?? entry.driftDetection.mode,
    isUpgradeForced: flag(SdkAnnotation.upgradeForce, emptyIsFalse),
    isRollbackForced: flag(SdkAnnotation.rollbackForce),
    shouldWaitForUninstall: flag(SdkAnnotation.uninstallWait, emptyIsFalse),
    isSuspended: suspend === undefined ? false : flagOrUnknown(ResourceAnnotation.suspend),
  };
  return {
    ...settings,
    reconcilePeriodMs: settings.reconcilePeriodMs === 0 ? undefined : settings.reconcilePeriodMs,
    problem: problems.length === 0 ? undefined : problems.join('; '),
  };
}

/** As helm-operator reads those two; an empty `rollback-force` is an error to it too. */
function emptyIsFalse(text: string): boolean | undefined {
  return text === '' ? false : parseGoBool(text);
}

function atLeast(minimumMs: number): (text: string) => number | undefined {
  return (text) => {
    const ms = parseGoDuration(text);
    return ms === undefined || ms < minimumMs ? undefined : ms;
  };
}
