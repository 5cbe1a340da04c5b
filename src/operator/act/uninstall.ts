// Uninstalling the release of a resource that is being deleted (DESIGN.md O10).
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { HelmError } from '../../helm/errors.ts';
import { isOurs } from '../decide.ts';
import type { Pass, PassContext } from '../pass.ts';
import { attempt, settleFailure } from './attempt.ts';
import { impersonationOf } from './impersonation.ts';
import { letGo } from './let-go.ts';

/** Uninstalls, then lets the resource go. Needs neither chart nor values. */
export async function uninstall(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { key, observation, signal } = pass;
  const { namespace, name } = context.observer.releaseOf(observation.resource);
  const { timeoutMs } = observation.entry;
  context.log.info('uninstalling', { key, release: `${namespace}/${name}` });
  const request = { namespace, name, timeoutMs, signal, ...impersonationOf(observation) };
  const error = await attempt(pass, () => context.uninstaller.uninstall(request), context);
  // what a lost race took away is gone as well
  const isGone = error instanceof HelmError && error.code === 'HELM_RELEASE_NOT_FOUND';
  if (error !== undefined && !isGone) return settleFailure(pass, { error, verb: 'uninstall' }, context);
  // helm's word alone is not believed, and the cache forgets what is gone
  const { release } = await context.observer.refresh(observation, signal);
  if (release !== undefined && isOurs(observation, release)) {
    const left = new HelmError(
      'HELM_FAILED',
      `helm uninstalled ${namespace}/${name}, but revision ${release.revision} is still there`,
    );
    return settleFailure(pass, { error: left, verb: 'uninstall' }, context);
  }
  const note = `release ${namespace}/${name} is uninstalled`;
  context.recordEvent(observation.resource, { type: 'Normal', reason: 'Uninstalled', action: 'uninstall', note });
  return letGo(pass, context);
}
