// Uninstalling the release of a resource that is being deleted (DESIGN.md O10).
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { HelmError } from '../../helm/errors.ts';
import { errorText } from '../../lib/error-text.ts';
import { RecordError } from '../../release/decode.ts';
import { isUninstallError } from '../../uninstall/errors.ts';
import { isOurs } from '../decide/ownership.ts';
import { readRelease } from '../observe/release-reader.ts';
import { type Pass, type PassContext, writeStatus } from '../pass.ts';
import { attempt, settleFailure } from './attempt.ts';
import { impersonationOf } from './impersonation.ts';
import { deleteLeftovers, type Left, leftText, nothingLeft } from './leftovers.ts';
import { letGo } from './let-go.ts';
import { recheckOf } from './recheck.ts';
import { allowedKindsOf } from './remains.ts';
import { sweep } from './sweep.ts';
import { isAsNoted } from './trust.ts';

const lingeringPollMs = 1_000;

/** Uninstalls, then lets the resource go. Needs neither chart nor values. */
export async function uninstall(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { key, observation } = pass;
  const { namespace, name } = context.observer.releaseOf(observation.resource);
  context.log.info('uninstalling', { key, release: `${namespace}/${name}` });
  let left = nothingLeft;
  const uninstalling = async (onTurn: () => void): Promise<void> => {
    left = await uninstallRelease(pass, onTurn, context);
  };
  const error = await attempt(pass, uninstalling, context);
  if (error !== undefined) {
    return isHelmNoUse(error)
      ? sweep({ ...pass, decision: { ...pass.decision, message: errorText(error) } }, context, error)
      : settleFailure(pass, { error, action: 'uninstall' }, context);
  }
  const note = `release ${namespace}/${name} is uninstalled${leftText(left)}`;
  const type = left.doubtful.length === 0 ? 'Normal' : 'Warning';
  context.recordEvent(observation.resource, { type, reason: 'Uninstalled', action: 'uninstall', note });
  return observation.settings.shouldWaitForUninstall ? linger(pass, context) : letGo(pass, context);
}

/** The call itself, proved by what is left: that is deleted, or told. `onTurn` is told when helm has its turn. @throws HelmError, UninstallError, OutdatedError */
export async function uninstallRelease(pass: Pass, onTurn: () => void, context: PassContext): Promise<Left> {
  const { observation, signal } = pass;
  const { namespace, name } = context.observer.releaseOf(observation.resource);
  const { timeoutMs } = observation.settings;
  const allowedKinds = allowedKindsOf(pass);
  const turn = { recheck: recheckOf(pass, context), onTurn };
  const request = { namespace, name, timeoutMs, signal, allowedKinds, ...turn, ...impersonationOf(observation) };
  try {
    await context.uninstaller.uninstall(request).catch(async (error: unknown) => {
      // the very record that helm wrote when we asked it to: its hooks may run with our rights, and where its manifest is not
      // read (it could mean two things to two readers), it means what helm applied
      const isUnread = isManifestUnread(error);
      if (!(isUnread || isUninstallError(error, 'DELETE_HOOKS_REFUSED')) || !(await isRecordAsNoted(pass, context)))
        throw error;
      if (isUnread) await context.unproved.uninstall(request);
      else await context.uninstaller.uninstall({ ...request, mayRunDeleteHooks: true });
    });
  } catch (error) {
    // what a lost race took away is gone as well
    if (!(error instanceof HelmError && error.code === 'HELM_RELEASE_NOT_FOUND')) throw error;
  }
  // helm's word alone is not believed, and the cache forgets what is gone
  const now = await context.observer.refresh(observation, signal);
  const { release } = now;
  if (release === undefined) return deleteLeftovers(pass, context);
  if (!isOurs(now, release)) return nothingLeft; // somebody was fast: what has the old marks may be of the new one
  throw new HelmError(
    'HELM_FAILED',
    `helm uninstalled ${namespace}/${name}, but revision ${release.revision} is still there`,
  );
}

async function isRecordAsNoted({ observation, signal }: Pass, context: PassContext): Promise<boolean> {
  const { resource, release, releaseNamespace: namespace } = observation;
  const key = { namespace, name: resource.metadata.name, revision: release?.revision ?? 0 };
  try {
    return isAsNoted(resource, (await readRelease(context.client, key, { signal })).release);
  } catch (error) {
    if (error instanceof RecordError) return false;
    throw error;
  }
}

/** The objects are still going: the resource says so until they are gone. */
async function linger(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const message = 'the release is uninstalled; waiting for its objects to go (uninstall-wait)';
  const verdict = { ready: 'False', reason: 'WaitingForObjects', message, phase: 'working' } as const;
  const inventory = pass.observation.resource.status?.inventory ?? [];
  await writeStatus(pass, { verdict, release: null, inventory }, context);
  return { requeueAfterMs: lingeringPollMs };
}

/** helm cannot, or must not, uninstall by this record: the inventory tells what is ours without it. */
function isHelmNoUse(error: unknown): boolean {
  return (
    isUninstallError(
      error,
      'RECORD_UNTRUSTED',
      'OBJECT_OUTSIDE_NAMESPACE',
      'OBJECT_OF_ANOTHER_RELEASE',
      'OBJECT_UNMARKED',
      'KIND_NOT_SERVED',
      'DELETE_HOOKS_REFUSED',
    ) ||
    (error instanceof HelmError && error.code === 'HELM_KIND_MISSING')
  );
}

/** Name, revision and state of every stored record agree; only the latest manifest is not read. */
function isManifestUnread(error: unknown): boolean {
  return (
    isUninstallError(error, 'RECORD_UNTRUSTED') &&
    error.cause instanceof RecordError &&
    error.cause.code === 'MANIFEST_UNREADABLE'
  );
}
