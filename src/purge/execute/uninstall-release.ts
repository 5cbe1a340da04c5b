// One release taken away, and the records read again to know what really happened: helm's exit code alone is not enough.
import type { KubeClient } from '../../kube/client.ts';
import { actingUser } from '../../kube/service-account.ts';
import { CodedError } from '../../lib/coded-error.ts';
import { errorText } from '../../lib/error-text.ts';
import { graceSignal } from '../../lib/grace-signal.ts';
import { listReleases } from '../../release/list-releases.ts';
import type { AnsweredUninstall, UninstallRequest } from '../../uninstall/uninstaller.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { PurgeSettings } from '../policy/settings.ts';
import { againNote, type Outcome } from '../record/report.ts';
import type { Pace } from './pace.ts';

/** As a ProvenUninstaller that has the proof already. */
export interface UninstallsProven {
  readonly driver: string;
  uninstall(request: UninstallRequest): Promise<AnsweredUninstall | undefined>;
}

/** What it takes. */
export interface UninstallDeps {
  /** One that tells a 429 at once: it is the pace that asks again. */
  readonly client: KubeClient;
  /** Asks again where the server has no time. */
  readonly pace: Pace;
  /** Of a release that is proved. */
  readonly uninstaller: UninstallsProven;
  readonly settings: Pick<PurgeSettings, 'releaseTimeoutMs' | 'serviceAccount'>;
}

/** How long it is tried to read what an attempt has left, where the server has no time; and where all is told to stop. */
const patienceMs = 120_000;
const lastLookMs = 5_000;

type Unmeasured<T> = T extends { readonly durationMs: number } ? Omit<T, 'durationMs'> : never;

/** An outcome before its duration is known. */
export type UninstallOutcome = Unmeasured<Outcome>;

/** How a release ended. */
export interface Uninstalled {
  readonly outcome: UninstallOutcome;
  /** Of one that is gone, where the driver knows. */
  readonly answered?: AnsweredUninstall;
}

/** Uninstalls; `signal` ends an attempt in flight. Never throws. */
export async function uninstallRelease(
  deps: UninstallDeps,
  entry: PlanEntry,
  signal?: AbortSignal,
): Promise<Uninstalled> {
  const end = await attempt(deps, entry, signal);
  if (end instanceof Error || end === undefined)
    return { outcome: await byWhatIsLeft(deps, { entry, error: end, signal }) };
  return { outcome: { result: 'purged' }, answered: end };
}

/** Of a driver that failed, or does not tell what it was answered. */
async function byWhatIsLeft(
  deps: UninstallDeps,
  {
    entry,
    error,
    signal,
  }: { readonly entry: PlanEntry; readonly error: Error | undefined; readonly signal: AbortSignal | undefined },
): Promise<UninstallOutcome> {
  using grace = graceSignal(signal, lastLookMs);
  try {
    const read = (): Promise<Left> => whatIsLeft(deps.client, entry, grace.signal);
    const left = await deps.pace.ask(read, { patienceMs, signal: grace.signal });
    return error === undefined ? afterSuccess(left, deps.uninstaller.driver) : afterFailure(error, left);
  } catch (cause) {
    const text = errorText(cause);
    const message =
      error === undefined
        ? `${deps.uninstaller.driver} reported success, but its records cannot be read: ${text}`
        : `${error.message} (and its records cannot be read: ${text})`;
    return failed(error ?? cause, { message, record: 'unknown' });
  }
}

async function attempt(
  deps: UninstallDeps,
  { namespace, name }: PlanEntry,
  signal: AbortSignal | undefined,
): Promise<AnsweredUninstall | Error | undefined> {
  const { serviceAccount, releaseTimeoutMs } = deps.settings;
  const user = actingUser(serviceAccount, namespace);
  try {
    return await deps.uninstaller.uninstall({
      namespace,
      name,
      timeoutMs: releaseTimeoutMs,
      signal,
      ...(user === undefined ? {} : { impersonate: user }),
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(errorText(error));
  }
}

type Left = 'nothing' | 'planned-record' | 'other-record';

async function whatIsLeft(
  client: KubeClient,
  { namespace, name, record }: PlanEntry,
  signal: AbortSignal,
): Promise<Left> {
  const { releases } = await listReleases(client, { namespace, name, signal });
  const release = releases.find((one) => one.name === name);
  if (release === undefined) return 'nothing';
  return release.latest.uid === record?.uid ? 'planned-record' : 'other-record';
}

function afterSuccess(left: Left, driver: string): UninstallOutcome {
  switch (left) {
    case 'nothing':
      return { result: 'purged' };
    case 'other-record':
      return { result: 'purged', note: againNote };
    case 'planned-record':
      return {
        result: 'failed',
        code: 'RECORD_LEFT',
        message: `${driver === 'helm' ? 'helm' : 'the uninstall'} reported success, but the record of the release is still there`,
        remedy: 'Look at the finalizers of its Secret: somebody else may hold it.',
        record: 'left',
      };
  }
}

/** A race that was lost ends with "not found" and nothing left; any other failure stays one, whatever is left. */
function afterFailure(error: Error, left: Left): UninstallOutcome {
  const isNotFound = error instanceof CodedError && error.code === 'HELM_RELEASE_NOT_FOUND';
  if (isNotFound && left !== 'planned-record') {
    return { result: 'skipped', reason: 'somebody else uninstalled it meanwhile' };
  }
  const notes = {
    nothing: ' (its record is gone all the same: look for what is left of it)',
    'planned-record': '',
    'other-record': ' (somebody has installed it again meanwhile)',
  };
  const record = left === 'planned-record' ? 'left' : 'gone';
  return failed(error, { message: `${error.message}${notes[left]}`, record });
}

const endedRemedy =
  'It is not known what is gone already: helm status shows whether it had begun (uninstalling); the same purge again ends what is left of it.';

/** A failure with the code and the remedy of its error. */
export function failed(
  error: unknown,
  { message, record }: { readonly message: string; readonly record: 'left' | 'gone' | 'unknown' },
): Extract<UninstallOutcome, { readonly result: 'failed' }> {
  const coded = error instanceof CodedError ? error : undefined;
  const wasTold = coded?.code === 'HELM_CANCELLED' || coded?.code === 'UNINSTALL_CANCELLED';
  const isEnded = wasTold && record !== 'gone';
  const remedy = isEnded ? endedRemedy : coded?.remedy;
  return {
    result: 'failed',
    code: coded?.code ?? 'UNEXPECTED',
    message,
    record,
    ...(remedy === undefined ? {} : { remedy }),
  };
}
