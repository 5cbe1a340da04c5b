// Bringing back the releases of a run: bounded, every one ending in an outcome, and what it would do without doing it.
import pMap from 'p-map';
import { LeaseLostError } from '../../kube/leader-term.ts';
import { CodedError } from '../../lib/coded-error.ts';
import { errorText } from '../../lib/error-text.ts';
import type { RecordedRun, UndoNote } from '../record/run-recorder.ts';
import { judgeRestore, type RestoreDeps, restoreRelease } from './restore-release.ts';
import {
  assembleRestoreReport,
  type RestoreOutcome,
  type RestoreReport,
  type RestoreResult,
  type RestoreStop,
} from './restore-report.ts';

/** Which releases of which run. */
export interface RestoreRequest {
  readonly run: RecordedRun;
  /** Default all of the run. */
  readonly only?: readonly { readonly namespace: string; readonly name: string }[];
}

/** How a restore goes. */
export interface RestoreOptions {
  /** Releases at once. Default 4. */
  readonly concurrency?: number;
  /** Aborted: what is in flight is finished, nothing more is started. With a `LeaseLostError`, because the lock is lost. */
  readonly signal?: AbortSignal | undefined;
  /** Aborted: what is in flight is ended too. */
  readonly forceSignal?: AbortSignal | undefined;
  /** Each release as it ends, for progress. */
  readonly onOutcome?: (outcome: RestoreOutcome) => void;
}

/** helm applies with a process for each: more gain nothing on two cores. */
export const defaultRestoreConcurrency = 4;

/** What would be done; changes nothing. Never throws for a release, but for the signal. */
export function planRestore(
  deps: RestoreDeps,
  request: RestoreRequest,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  const { signal } = options;
  return each(deps, request, {
    ...options,
    isDryRun: true,
    one: async (note) => {
      try {
        const judged = await judgeRestore(deps, note, signal);
        return 'result' in judged ? judged : { result: 'restorable' };
      } catch (error) {
        signal?.throwIfAborted();
        return {
          result: 'failed',
          durationMs: 0,
          code: codeOf(error),
          message: `it cannot be looked at: ${errorText(error)}`,
          ...(error instanceof CodedError && error.remedy !== undefined ? { remedy: error.remedy } : {}),
        };
      }
    },
  });
}

/** Brings back. Never throws for a release. */
export function runRestore(
  deps: RestoreDeps,
  request: RestoreRequest,
  options: RestoreOptions = {},
): Promise<RestoreReport> {
  return each(deps, request, {
    ...options,
    isDryRun: false,
    one: (note) => restoreRelease(deps, note, options.forceSignal),
  });
}

interface Each extends RestoreOptions {
  readonly isDryRun: boolean;
  readonly one: (note: UndoNote) => Promise<RestoreResult>;
}

async function each(deps: RestoreDeps, request: RestoreRequest, options: Each): Promise<RestoreReport> {
  const { clock, client } = deps;
  const { signal, isDryRun, one, onOutcome } = options;
  const { run } = request;
  const startedAtMs = clock.now();
  const startedMs = clock.monotonic();
  let stoppedBy: RestoreStop | undefined;
  const settle = async (wanted: UndoNote | Wanted): Promise<RestoreOutcome> => {
    const { namespace, name } = wanted;
    if (signal?.aborted === true) stoppedBy ??= signal.reason instanceof LeaseLostError ? 'lock-lost' : 'interrupted';
    const result =
      stoppedBy !== undefined
        ? notStarted(stoppedBy)
        : 'digest' in wanted
          ? await one(wanted)
          : withoutNote(run.run, wanted);
    const outcome = { namespace, name, revision: 'digest' in wanted ? wanted.revision : 0, ...result };
    onOutcome?.(outcome);
    return outcome;
  };
  const outcomes = await pMap(wantedOf(request), settle, {
    concurrency: options.concurrency ?? defaultRestoreConcurrency,
  });
  return assembleRestoreReport({
    run: run.run,
    policy: run.policy,
    context: client.context,
    server: client.server,
    isDryRun,
    startedAtMs,
    durationMs: clock.monotonic() - startedMs,
    stoppedBy,
    outcomes,
  });
}

/** A release without a note. */
interface Wanted {
  readonly namespace: string;
  readonly name: string;
  /** Whether there is something in its place. */
  readonly isUnreadable: boolean;
}

/** A release that has no note, or one that is none, is told, not left out. */
function wantedOf({ run, only }: RestoreRequest): readonly (UndoNote | Wanted)[] {
  const unreadable = (run.unreadable ?? []).map((key): Wanted => ({ ...key, isUnreadable: true }));
  const all = [...run.undo, ...unreadable];
  if (only === undefined) return all;
  const byName = new Map(all.map((one) => [`${one.namespace}/${one.name}`, one]));
  const named = new Map(only.map((key) => [`${key.namespace}/${key.name}`, key]));
  return [...named].map(([key, { namespace, name }]) => byName.get(key) ?? { namespace, name, isUnreadable: false });
}

function withoutNote(run: string, { isUnreadable }: Wanted): RestoreResult {
  if (isUnreadable) {
    return {
      result: 'refused',
      code: 'UNDO_NOTE_UNREADABLE',
      reason: `what the run ${run} has noted of it is no note of a way back`,
      remedy: 'Look at undo in its record (a newer version may have written it). Else install the chart again.',
    };
  }
  return {
    result: 'refused',
    code: 'UNDO_NOTE_MISSING',
    reason: `the run ${run} has no note of a way back for it`,
    remedy: 'Without it nobody knows whether a copy is the one that was made. Install the chart again.',
  };
}

function notStarted(stop: RestoreStop): RestoreResult {
  const reason =
    stop === 'interrupted' ? 'the restore was interrupted' : "the purge's Lease was lost: another purge may be at work";
  return { result: 'not-started', reason };
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'UNEXPECTED';
}
