// One pass over one resource: observe, decide, and hand over to the one verb that was decided on.
import { ResourceAnnotation } from '../api/v1alpha1/annotations.ts';
import type { ReconcileResult } from '../controller/reconciler.ts';
import { isApiError } from '../kube/errors.ts';
import { adopt } from './act/adopt.ts';
import { deploy } from './act/deploy.ts';
import { addFinalizer } from './act/finalizer.ts';
import { letGo } from './act/let-go.ts';
import { remove } from './act/remove.ts';
import { rollback } from './act/rollback.ts';
import { sayError } from './act/say-error.ts';
import { settle } from './act/settle.ts';
import { sweep } from './act/sweep.ts';
import { uninstall } from './act/uninstall.ts';
import { unlock } from './act/unlock.ts';
import { decide } from './decide/decide.ts';
import { isInherited, isOurs } from './decide/ownership.ts';
import type { Action } from './decide/states.ts';
import type { ObservedResource } from './observe/observation.ts';
import { latestOf, type Pass, type PassContext } from './pass.ts';

/** What changes a release: it is looked at once more right before. */
const releaseActions: ReadonlySet<Action> = new Set([
  'adopt',
  'install',
  'upgrade',
  'rollback',
  'unlock',
  'remove',
  'uninstall',
  'sweep',
]);

/** Reconciles the resources of one kind. */
export class ResourceReconciler {
  readonly #context: PassContext;

  constructor(context: PassContext) {
    this.#context = context;
  }

  /** The {@link import('../controller/reconciler.ts').Reconcile} of the kind. */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { store, observer, workloads, failures, forces, states, clock } = this.#context;
    const resource = store.get(key);
    if (resource === undefined) {
      failures.forget(key);
      forces.forget(key);
      states.delete(key);
      workloads.retain(key, []);
      return {};
    }
    const remembered = { failure: failures.get(key, resource), handledForce: forces.get(key, resource) };
    const observation = await observer.observe(resource, { ...remembered, signal });
    const decision = decide(observation, clock.now());
    states.set(key, decision.state);
    const pass = { key, observation, decision, signal };
    const shouldFreshen = releaseActions.has(decision.action) || isAskedFor(resource);
    try {
      return await this.#act(shouldFreshen ? await this.#freshen(pass) : pass);
    } catch (error) {
      await sayError(pass, error, this.#context);
      throw error;
    }
  }

  /** The watch may be behind our own last helm call: what is about to be changed is looked at once more. */
  async #freshen(pass: Pass): Promise<Pass> {
    const observation = await this.#context.observer.refresh(pass.observation, pass.signal);
    const decision = decide(observation, this.#context.clock.now());
    this.#context.states.set(pass.key, decision.state);
    return { ...pass, observation, decision };
  }

  async #act(pass: Pass): Promise<ReconcileResult> {
    const context = this.#context;
    const { desired, resource } = pass.observation;
    if (desired.isKnown && desired.notice !== undefined) {
      const { reason, message: note } = desired.notice; // the recorder counts what is said again and again
      context.recordEvent(resource, { type: 'Warning', reason, action: 'observe', note });
    }
    switch (pass.decision.action) {
      case 'none':
        return settle(pass, context);
      case 'addFinalizer':
        return (await this.#protect(pass)) ? this.reconcile(pass.key, pass.signal) : {};
      case 'adopt':
        return adopt(pass, context);
      case 'install':
      case 'upgrade':
        return deploy(pass, pass.decision.action, context);
      case 'rollback':
        return rollback(pass, context);
      case 'unlock':
        return unlock(pass, context);
      case 'remove':
        return remove(pass, context);
      case 'uninstall':
        return uninstall(pass, context);
      case 'sweep':
        return sweep(pass, context);
      case 'removeFinalizer':
        return letGo(pass, context);
    }
  }

  /** False where the resource went meanwhile: the watch will tell. */
  async #protect(pass: Pass): Promise<boolean> {
    const { client, type, store } = this.#context;
    const { observation, signal } = pass;
    const { release } = observation;
    const isSdkDone = release !== undefined && isOurs(observation, release) && !isInherited(observation, release);
    try {
      const resource = latestOf(observation.resource, this.#context);
      store.remember(await addFinalizer(resource, { client, type, isSdkDone, signal }));
      return true;
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND')) return false;
      throw error;
    }
  }
}

/** Somebody asks to look again: then the API server is asked, not the cache. */
function isAskedFor({ metadata, status }: ObservedResource): boolean {
  const request = metadata.annotations?.[ResourceAnnotation.reconcileRequestedAt];
  return request !== undefined && request !== status?.lastHandledReconcileAt;
}
