// One pass over one resource: observe, decide, and hand over to the one verb that was decided on.
import type { ReconcileResult } from '../controller/reconciler.ts';
import { isApiError } from '../kube/errors.ts';
import { deploy } from './act/deploy.ts';
import { addFinalizer } from './act/finalizer.ts';
import { letGo } from './act/let-go.ts';
import { settle } from './act/settle.ts';
import { uninstall } from './act/uninstall.ts';
import { type Action, decide } from './decide.ts';
import { latestOf, type Pass, type PassContext } from './pass.ts';

const helmActions: ReadonlySet<Action> = new Set(['install', 'upgrade', 'uninstall']);

/** Reconciles the resources of one kind. */
export class ResourceReconciler {
  readonly #context: PassContext;

  constructor(context: PassContext) {
    this.#context = context;
  }

  /** The {@link import('../controller/reconciler.ts').Reconcile} of the kind. */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { store, observer, workloads, failures, clock } = this.#context;
    const resource = store.get(key);
    if (resource === undefined) {
      failures.delete(key);
      workloads.retain(key, []);
      return {};
    }
    const observation = await observer.observe(resource, { failure: failures.get(key), signal });
    const pass = { key, observation, decision: decide(observation, clock.now()), signal };
    return this.#act(helmActions.has(pass.decision.action) ? await this.#freshen(pass) : pass);
  }

  /** The watch may be behind our own last helm call: what is about to be changed is looked at once more. */
  async #freshen(pass: Pass): Promise<Pass> {
    const observation = await this.#context.observer.refresh(pass.observation, pass.signal);
    return { ...pass, observation, decision: decide(observation, this.#context.clock.now()) };
  }

  async #act(pass: Pass): Promise<ReconcileResult> {
    const context = this.#context;
    switch (pass.decision.action) {
      case 'none':
        return settle(pass, context);
      case 'addFinalizer':
        return (await this.#protect(pass)) ? this.reconcile(pass.key, pass.signal) : {};
      case 'install':
      case 'upgrade':
        return deploy(pass, pass.decision.action, context);
      case 'uninstall':
        return uninstall(pass, context);
      case 'removeFinalizer':
        return letGo(pass, context);
    }
  }

  /** False where the resource went meanwhile: the watch will tell. */
  async #protect(pass: Pass): Promise<boolean> {
    const { client, type, store } = this.#context;
    const resource = latestOf(pass.observation.resource, this.#context);
    try {
      store.remember(await addFinalizer(resource, { client, type, signal: pass.signal }));
      return true;
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND')) return false;
      throw error;
    }
  }
}
