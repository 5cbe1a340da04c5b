// One release proved, then taken away: a driver sees it only while its records are the proved ones (P1, P2).
import type { Clock } from '../../lib/clock.ts';
import type { ProvenRelease } from '../../uninstall/prove-stored.ts';
import type { DriverChoice, ProvenUninstaller } from '../../uninstall/proven-uninstaller.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { type Sighting, sightingOf, withoutGone } from '../verify/sighting.ts';
import { withHook } from './hook-failure.ts';
import type { Kept } from './look-again.ts';
import { type ProveEntryDeps, proveEntry } from './prove-entry.ts';
import { asRefusal } from './refusal.ts';
import {
  type UninstallDeps,
  type UninstallOutcome,
  type UninstallsProven,
  uninstallRelease,
} from './uninstall-release.ts';

/** What it takes. */
export interface UninstallProvedDeps extends Omit<UninstallDeps, 'uninstaller'>, ProveEntryDeps {
  readonly uninstaller: ProvenUninstaller;
  readonly clock: Clock;
  readonly settings: UninstallDeps['settings'] & ProveEntryDeps['settings'];
  /** Told what to look for of a release that is gone, or may be. */
  readonly onGone?: ((sighting: Sighting) => void) | undefined;
}

/** What surrounds an attempt. */
export interface UninstallProvedOptions {
  /** Ends an attempt in flight. */
  readonly signal?: AbortSignal | undefined;
  /** Done when all is proved and nothing deleted; where it gives an outcome, nothing is. Never throws. */
  readonly beforeFirstDelete?: (proven: ProvenRelease) => Promise<UninstallOutcome | undefined>;
  /**
   * Asked right before the driver begins, and once more where it had to wait for its turn: where it gives an outcome, nothing is
   * deleted. helm reads the records itself, so this is the last that is known of them. Never throws.
   */
  readonly lastLook?: ((entry: PlanEntry) => Promise<Kept | undefined>) | undefined;
}

/** Proves and uninstalls within the release's time. Never throws. */
export async function uninstallProved(
  deps: UninstallProvedDeps,
  entry: PlanEntry,
  { signal, beforeFirstDelete, lastLook }: UninstallProvedOptions = {},
): Promise<Kept> {
  const { clock, settings } = deps;
  const startedMs = clock.monotonic();
  const proof = await proveEntry(deps, entry, signal);
  if ('outcome' in proof) return proof.outcome;
  const prevented = await beforeFirstDelete?.(proof.proven);
  if (prevented !== undefined) return prevented;
  const { namespace, name } = entry;
  const { release } = proof.proven.content;
  const shouldKeepClaims = settings.volumes === 'Keep';
  const sighting = sightingOf({ namespace, name }, proof.proven, { areClaimsLeft: shouldKeepClaims });
  const releaseTimeoutMs = Math.max(1, settings.releaseTimeoutMs - (clock.monotonic() - startedMs));
  let choice: DriverChoice | undefined;
  let kept: Kept | undefined;
  const uninstaller = onlyUnchanged(deps.uninstaller, {
    proven: proof.proven,
    shouldKeepClaims,
    recheck: async () => {
      kept = await lastLook?.(entry);
      if (kept !== undefined) throw new Error('it is kept after all');
    },
    onDriver: (chosen) => {
      choice = chosen;
    },
  });
  const { outcome: attempted, answered } = await uninstallRelease(
    { ...deps, uninstaller, settings: { ...settings, releaseTimeoutMs } },
    entry,
    signal,
  );
  if (kept !== undefined) return kept;
  const outcome = byDriver(withHook(asRefusal(attempted), release), choice);
  const mayBeGone = outcome.result === 'purged' || (outcome.result === 'failed' && outcome.record !== 'left');
  if (mayBeGone) deps.onGone?.(answered === undefined ? sighting : withoutGone(sighting, answered.going));
  return outcome;
}

/** Who did it, and where native was asked for first why not: as far as the release was touched. */
function byDriver(outcome: UninstallOutcome, choice: DriverChoice | undefined): UninstallOutcome {
  if (choice === undefined || (outcome.result !== 'purged' && outcome.result !== 'failed')) return outcome;
  const { driver, why } = choice;
  return { ...outcome, driver, ...(why === undefined ? {} : { driverReason: why }) };
}

/** With all that a driver is to know of the release. */
function onlyUnchanged(
  uninstaller: ProvenUninstaller,
  given: {
    readonly proven: ProvenRelease;
    readonly shouldKeepClaims: boolean;
    readonly recheck: () => Promise<void>;
    readonly onDriver: (choice: DriverChoice) => void;
  },
): UninstallsProven {
  return {
    driver: uninstaller.driver,
    uninstall: async (request) => {
      await given.recheck();
      return uninstaller.uninstall({ ...request, ...given });
    },
  };
}
