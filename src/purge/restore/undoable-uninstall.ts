// One release taken away with a way back: no copy, no delete (DESIGN.md P8).

import type { Kept } from '../execute/look-again.ts';
import { type UninstallProvedDeps, type UninstallProvedOptions, uninstallProved } from '../execute/uninstall-proved.ts';
import type { UninstallOutcome } from '../execute/uninstall-release.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { RunRecorder, UndoNote } from '../record/run-recorder.ts';
import { makeUndo, type ProvenSecrets, type UndoDeps } from './undo.ts';

/** What it takes. */
export type UndoableDeps = UninstallProvedDeps &
  Omit<UndoDeps, 'notes'> & {
    /** Absent: no way back is made. */
    readonly recorder?: RunRecorder | undefined;
  };

/** The way back is made of what is proved, and once, however many attempts there are at the release. Never throws. */
export function undoableUninstall(
  deps: UndoableDeps,
  { signal, lastLook }: Pick<UninstallProvedOptions, 'signal' | 'lastLook'> = {},
): (entry: PlanEntry) => Promise<Kept> {
  const { recorder } = deps;
  let note: UndoNote | undefined;
  const makeOnce = async (entry: PlanEntry, proven: ProvenSecrets): Promise<UninstallOutcome | undefined> => {
    if (recorder === undefined || note !== undefined) return undefined;
    const { namespace, name } = entry;
    const made = await makeUndo({ ...deps, notes: recorder }, { namespace, name, proven }, signal);
    if ('outcome' in made) return made.outcome;
    note = made.note;
    return undefined;
  };
  return async (entry) => {
    const outcome = await uninstallProved(deps, entry, {
      signal,
      lastLook,
      beforeFirstDelete: (proven) => makeOnce(entry, proven),
    });
    if (outcome.result !== 'purged' || note === undefined) return outcome;
    const { secret, revision, digest } = note;
    return { ...outcome, undo: { secret, revision, digest } };
  };
}
