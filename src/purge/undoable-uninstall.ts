// One release taken away with a way back: no copy, no delete (DESIGN.md P8).

import type { PlanEntry } from './plan.ts';
import type { RunRecorder, UndoNote } from './run-recorder.ts';
import { makeUndo, type UndoDeps } from './undo.ts';
import { type UninstallDeps, type UninstallOutcome, uninstallRelease } from './uninstall-release.ts';

/** What it takes. */
export type UndoableDeps = UninstallDeps &
  Omit<UndoDeps, 'notes'> & {
    /** Absent: no way back is made. */
    readonly recorder?: RunRecorder | undefined;
  };

/** The way back is made before the first attempt at the release, and once, however many attempts there are. Never throws. */
export function undoableUninstall(
  deps: UndoableDeps,
  signal?: AbortSignal,
): (entry: PlanEntry) => Promise<UninstallOutcome> {
  const { recorder } = deps;
  let note: UndoNote | undefined;
  return async (entry) => {
    if (recorder !== undefined && note === undefined) {
      const made = await makeUndo({ ...deps, notes: recorder }, entry, signal);
      if ('outcome' in made) return made.outcome;
      note = made.note;
    }
    const outcome = await uninstallRelease(deps, entry, signal);
    if (outcome.result !== 'purged' || note === undefined) return outcome;
    const { secret, revision, digest } = note;
    return { ...outcome, undo: { secret, revision, digest } };
  };
}
