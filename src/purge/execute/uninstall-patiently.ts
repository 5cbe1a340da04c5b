// One release taken away, and once more where the API server had no time for helm: that is no failure of the release (P6).
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../lib/clock.ts';
import { listReleases } from '../../release/list-releases.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { type StopCause, stopReasons } from '../record/report.ts';
import type { Kept } from './look-again.ts';
import type { UninstallDeps, UninstallOutcome } from './uninstall-release.ts';

/** What it takes. */
export interface PatientDeps extends UninstallDeps {
  readonly clock: Clock;
}

/** Which release, and what surrounds an attempt. */
export interface PatientRequest {
  readonly entry: PlanEntry;
  /** An attempt. Never throws. */
  readonly uninstall: (entry: PlanEntry) => Promise<Kept>;
  /** Looks again before each further attempt, as before the first: an outcome where there is to be none. */
  readonly look: (read: () => Promise<PlanEntry>) => Promise<Kept | undefined>;
  /** Why nothing more is started: then there is no further attempt either. */
  readonly stoppedBy: () => StopCause | undefined;
}

/** Uninstalls, in as many attempts as the server asks for, each with the release's whole time. Never throws. */
export async function uninstallPatiently(deps: PatientDeps, request: PatientRequest): Promise<Kept> {
  const { uninstall, look, stoppedBy } = request;
  let { entry } = request;
  for (;;) {
    const startedMs = deps.clock.monotonic();
    const outcome = await uninstall(entry);
    if (!isForWantOfTime(outcome, deps, startedMs)) {
      deps.pace.helmWasServed();
      return outcome;
    }
    if (outcome.code === 'API_TOO_MANY_REQUESTS') deps.pace.wasTold();
    else deps.pace.helmGaveUp();
    const before = entry;
    const kept = await look(async () => {
      entry = await asHelmLeftIt(deps.client, before);
      return entry;
    });
    const cause = stoppedBy();
    if (cause !== undefined)
      return { ...outcome, message: `${outcome.message} (not tried again: ${stopReasons[cause]})` };
    if (kept !== undefined && kept.result !== 'not-started') return kept;
  }
}

type FailedOutcome = Extract<UninstallOutcome, { readonly result: 'failed' }>;

/**
 * helm 4 keeps to itself why an object was not deleted, so a failure without a cause counts as well where the server told
 * somebody to wait meanwhile. A release whose record is gone cannot be tried again.
 */
function isForWantOfTime(outcome: Kept, { pace }: PatientDeps, sinceMs: number): outcome is FailedOutcome {
  if (outcome.result !== 'failed' || outcome.record === 'gone') return false;
  const { code } = outcome;
  if (code === 'HELM_THROTTLED' || code === 'API_TOO_MANY_REQUESTS') return true;
  return code === 'HELM_FAILED' && pace.wasToldSince(sinceMs);
}

/**
 * The entry with the record as an attempt left it. helm marks it `uninstalling` before it deletes, and nobody else does so
 * with a release that is to live: where the same record says anything else, or another one stands there, the entry stays as
 * it was planned, and the next look finds that it was touched.
 */
async function asHelmLeftIt(client: KubeClient, entry: PlanEntry): Promise<PlanEntry> {
  const { namespace, name } = entry;
  const { releases } = await listReleases(client, { namespace, name });
  const release = releases.find((one) => one.name === name);
  const isHelms = release?.latest.uid === entry.record?.uid && release?.latest.status === 'uninstalling';
  if (release === undefined || !isHelms) return entry;
  const { uid, resourceVersion, status } = release.latest;
  return { ...entry, status, record: { uid, resourceVersion }, recordsDigest: release.recordsDigest };
}
