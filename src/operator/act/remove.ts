// Uninstalling the release of a resource that stays: what a first install that failed left (`remediation.install:
// uninstall`), or an uninstall that was cut short. It is installed anew afterwards.
import type { ReconcileResult } from '../../controller/reconciler.ts';
import type { Pass, PassContext } from '../pass.ts';
import { attempt, settleFailure } from './attempt.ts';
import { uninstallRelease } from './uninstall.ts';

/** What is there afterwards is decided on anew. */
const nextPassMs = 1;

/** Uninstalls; the resource keeps its finalizer. */
export async function remove(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { key, observation, decision } = pass;
  context.log.info('uninstalling', { key, state: decision.state, reason: decision.message });
  const uninstalling = async (onTurn: () => void): Promise<void> => {
    await uninstallRelease(pass, onTurn, context);
  };
  const error = await attempt(pass, uninstalling, context);
  if (error !== undefined) return settleFailure(pass, { error, action: 'uninstall' }, context);
  const note = `what was left of the release is uninstalled: ${decision.message}`;
  context.recordEvent(observation.resource, { type: 'Normal', reason: 'Uninstalled', action: 'uninstall', note });
  return { requeueAfterMs: nextPassMs };
}
