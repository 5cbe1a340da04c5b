// A policy with every default applied and every duration in milliseconds: what the rules, the caps and the pace read.
import picomatch from 'picomatch';
import type { LabelSelector } from '../../api/v1alpha1/label-selector.ts';
import type { AllowedKind, PurgeMode, PurgePolicy, VolumesPolicy } from '../../api/v1alpha1/purge-policy.ts';
import { parseGoDuration } from '../../lib/go-duration.ts';
import type { DriverMode } from '../../uninstall/choose-driver.ts';
import { PurgeError } from '../errors.ts';

/** A policy, ready for use. */
export interface PurgeSettings {
  readonly policyName: string;
  readonly namespaceSelector: LabelSelector;
  readonly isSuspended: boolean;
  readonly mode: PurgeMode;
  readonly schedule:
    | { readonly expression: string; readonly timeZone: string; readonly holidays: readonly string[] }
    | undefined;
  readonly isExcluded: (releaseName: string) => boolean;
  readonly minAgeMs: number;
  readonly shouldPurgeForeign: boolean;
  readonly volumes: VolumesPolicy;
  /** What uninstalls: no field of the policy, but of whoever runs it. Default auto. */
  readonly driver: DriverMode;
  readonly serviceAccount: string | undefined;
  readonly allowedKinds: readonly AllowedKind[];
  readonly limits: {
    readonly maxReleases: number;
    readonly maxReleasesPerNamespace: number;
    readonly maxNamespaces: number;
    readonly maxPercent: number | undefined;
    readonly maxConsecutiveFailures: number;
  };
  /** As the policy has it: see {@link concurrencyOf}. */
  readonly concurrency: number | undefined;
  readonly perNamespace: number;
  readonly releaseTimeoutMs: number;
  readonly deadlineMs: number;
  /** How long what was purged can be brought back. */
  readonly undoRetentionMs: number;
  /** How long after it was due a run may still begin. */
  readonly startingDeadlineMs: number;
  /** Finished runs that stay, as PurgeRuns and as files. */
  readonly historyLimits: { readonly successful: number; readonly failed: number };
  /** What the document asks for and this version does not do yet, and that is harmless to leave out: a sentence each. */
  readonly notices: readonly string[];
}

/** `undo.retention` of a policy that says nothing of it. */
export const defaultUndoRetentionMs = 168 * 3_600_000;

/**
 * Applies the defaults of DESIGN.md §1.
 * @throws PurgeError `POLICY_UNSUPPORTED` for what this version cannot do and must not leave out
 */
export function settingsOf({ metadata, spec }: PurgePolicy): PurgeSettings {
  if (spec.ownedReleases !== undefined && spec.ownedReleases !== 'Skip') {
    throw new PurgeError('POLICY_UNSUPPORTED', `ownedReleases: ${spec.ownedReleases} is not available yet`, {
      isTerminal: true,
      remedy: 'Write ownedReleases: Skip, or leave it out: releases of our own resources are kept.',
    });
  }
  const globs = (spec.exclude ?? []).map((glob) => picomatch(glob, { dot: true, nonegate: true }));
  const limits = spec.limits ?? {};
  return {
    policyName: metadata.name,
    namespaceSelector: spec.namespaceSelector,
    isSuspended: spec.suspend ?? false,
    mode: spec.mode ?? 'DryRun',
    schedule:
      spec.schedule === undefined
        ? undefined
        : {
            expression: spec.schedule,
            timeZone: spec.timeZone ?? 'Etc/UTC',
            holidays: spec.calendar?.holidays ?? [],
          },
    isExcluded: (releaseName) => globs.some((matches) => matches(releaseName)),
    minAgeMs: durationMs(spec.minAge ?? '0s'),
    shouldPurgeForeign: spec.foreignReleases === 'Purge',
    volumes: spec.volumes ?? 'Keep',
    driver: 'auto',
    serviceAccount: spec.serviceAccount,
    allowedKinds: spec.allowedKinds ?? [],
    limits: {
      maxReleases: limits.maxReleases ?? 500,
      maxReleasesPerNamespace: limits.maxReleasesPerNamespace ?? 50,
      maxNamespaces: limits.maxNamespaces ?? 100,
      maxPercent: limits.maxPercent,
      maxConsecutiveFailures: limits.maxConsecutiveFailures ?? 10,
    },
    concurrency: spec.concurrency,
    perNamespace: spec.perNamespace ?? 2,
    releaseTimeoutMs: durationMs(spec.releaseTimeout ?? '5m'),
    deadlineMs: durationMs(spec.deadline ?? '1h'),
    undoRetentionMs: spec.undo?.retention === undefined ? defaultUndoRetentionMs : durationMs(spec.undo.retention),
    startingDeadlineMs: (spec.startingDeadlineSeconds ?? 7_200) * 1_000,
    historyLimits: {
      successful: spec.successfulRunsHistoryLimit ?? 3,
      failed: spec.failedRunsHistoryLimit ?? 1,
    },
    notices: noticesOf(spec),
  };
}

/** helm processes at once where nobody says how many. */
export const defaultHelmProcesses = 8;

/** Natively it is the requests in flight that are bounded, over all releases. */
const defaultNative = 32;

/** Releases at once: as somebody says, else as the driver has it. */
export function concurrencyOf({ concurrency }: Pick<PurgeSettings, 'concurrency'>, driver: DriverMode): number {
  return concurrency ?? (driver === 'helm' ? defaultHelmProcesses : defaultNative);
}

function noticesOf(spec: PurgePolicy['spec']): readonly string[] {
  return [
    spec.notice === undefined ? undefined : 'notice is not available yet: nobody is told before a run',
    spec.wakeSchedule === undefined ? undefined : 'wakeSchedule is not available yet: no release sleeps',
  ].filter((notice) => notice !== undefined);
}

/** The parser has checked it. */
function durationMs(text: string): number {
  const ms = parseGoDuration(text);
  if (ms === undefined || ms < 0) {
    throw new PurgeError('POLICY_INVALID', `"${text}" is not a duration such as 90s or 1h30m`, { isTerminal: true });
  }
  return ms;
}
