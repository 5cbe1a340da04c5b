// The last act: our finalizer goes, and operator-sdk's where there was one, and with it what we remember of the resource.

import { SDK_FINALIZERS, UNINSTALL_FINALIZER } from '../../api/v1alpha1/finalizer.ts';
import type { ReconcileResult } from '../../controller/reconciler.ts';
import { isApiError } from '../../kube/errors.ts';
import { objectKey } from '../../kube/objects.ts';
import { latestOf, type Pass, type PassContext, writeStatus } from '../pass.ts';
import { removeFinalizer } from './finalizer.ts';

/** Lets go of a resource that is being deleted. An Event says so where a release stays because it is not ours. */
export async function letGo(pass: Pass, context: PassContext): Promise<ReconcileResult> {
  const { key, observation, decision, signal } = pass;
  const { resource } = observation;
  const isForeign = decision.reason === 'ForeignRelease';
  if (isForeign) {
    const note = decision.message;
    context.recordEvent(resource, { type: 'Warning', reason: 'ForeignRelease', action: 'uninstall', note });
  }
  const isSdkDone = !isForeign; // of a release that is not proved to be ours, its operator may have something to do
  const going = [UNINSTALL_FINALIZER, ...(isSdkDone ? SDK_FINALIZERS : [])];
  if (resource.metadata.finalizers?.some((each) => !going.includes(each)) === true) {
    const { reason = 'Uninstalled', message } = decision;
    const verdict = {
      ready: 'False',
      reason: isForeign ? reason : 'Uninstalled',
      message: isForeign ? message : 'its release is uninstalled; finalizers of others hold the resource',
      phase: 'settled',
    } as const;
    await writeStatus(pass, { verdict, release: null }, context);
  }
  const { client, type, store } = context;
  const left = await removeFinalizer(latestOf(resource, context), { client, type, isSdkDone, signal }).catch(
    (error: unknown) => {
      if (isApiError(error, 'API_NOT_FOUND')) return undefined;
      throw error;
    },
  );
  // with its last finalizer it went, and the answer has the version of before: the store would take it for what it holds
  if (left?.metadata.finalizers?.length) store.remember(left);
  else store.forget(objectKey(resource.metadata));
  context.workloads.forget(resource.status?.inventory ?? []);
  context.failures.forget(key);
  context.forces.forget(key);
  return {};
}
