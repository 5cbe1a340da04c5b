// One pass over one resource: observe, decide, act, write the status. The order of the file is the order of a pass.
import type { InventoryEntry, ReleaseSnapshot } from '../api/v1alpha1/watched-status.ts';
import type { ReconcileResult } from '../controller/reconciler.ts';
import { HelmError } from '../helm/errors.ts';
import { isApiError } from '../kube/errors.ts';
import type { EventOptions } from '../kube/event-recorder.ts';
import type { ObjectStore } from '../kube/object-store.ts';
import { objectKey } from '../kube/objects.ts';
import type { Resource } from '../kube/resource.ts';
import type { Clock } from '../lib/clock.ts';
import { errorText } from '../lib/error-text.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { ReleaseUninstaller } from '../uninstall/uninstaller.ts';
import { type DeployContext, deploy, impersonationOf, readDeployed } from './act/deploy.ts';
import { addFinalizer, removeFinalizer } from './act/finalizer.ts';
import { type Decision, decide } from './decide.ts';
import { rememberFailure } from './failure.ts';
import type { FailureMemory, Observation, ObservedResource } from './observation.ts';
import type { Observer } from './observer.ts';
import { composeStatus, type Verdict } from './status.ts';
import type { StatusWriter } from './status-writer.ts';
import { verdictAfterDeploy, verdictAfterFailure, verdictInFlight, verdictOf } from './verdict.ts';
import type { Workloads } from './workloads.ts';

/** What a pass works with. */
export interface ReconcilerContext extends Omit<DeployContext, 'signal'> {
  readonly type: Resource;
  readonly store: ObjectStore<ObservedResource>;
  readonly observer: Observer;
  readonly workloads: Workloads;
  readonly statusWriter: StatusWriter;
  readonly uninstaller: ReleaseUninstaller;
  readonly recordEvent: (about: ObservedResource, event: EventOptions) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A helm call that takes longer than this is shown in the status while it runs. */
const showProgressAfterMs = 1_000;

/** How often a release whose objects are not watched is looked at until it is ready. */
const unwatchedPollMs = 5_000;

/** Reconciles the resources of one kind. Holds nothing but the memory of failures. */
export class ResourceReconciler {
  readonly #context: ReconcilerContext;
  readonly #failures = new Map<string, FailureMemory>();

  constructor(context: ReconcilerContext) {
    this.#context = context;
  }

  /** The {@link import('../controller/reconciler.ts').Reconcile} of the kind. */
  async reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const resource = this.#context.store.get(key);
    if (resource === undefined) {
      this.#failures.delete(key);
      return {};
    }
    const observation = await this.#context.observer.observe(resource, { failure: this.#failures.get(key), signal });
    const decision = decide(observation, this.#context.clock.now());
    return this.#act(key, { observation, decision, signal });
  }

  async #act(key: string, pass: Pass): Promise<ReconcileResult> {
    switch (pass.decision.action) {
      case 'none':
        return this.#settle(pass);
      case 'addFinalizer': {
        await this.#changeFinalizer(addFinalizer, pass);
        return this.reconcile(key, pass.signal);
      }
      case 'removeFinalizer':
        return this.#release(key, pass);
      case 'install':
      case 'upgrade':
      case 'uninstall':
        return this.#callHelm(key, await this.#freshen(pass));
    }
  }

  /** The watch may be behind our own last helm call: what is about to be changed is looked at once more. */
  async #freshen(pass: Pass): Promise<Pass> {
    const observation = await this.#context.observer.refresh(pass.observation, pass.signal);
    return { ...pass, observation, decision: decide(observation, this.#context.clock.now()) };
  }

  async #callHelm(key: string, pass: Pass): Promise<ReconcileResult> {
    switch (pass.decision.action) {
      case 'install':
      case 'upgrade':
        return this.#deploy(key, { ...pass, verb: pass.decision.action });
      case 'uninstall':
        return this.#uninstall(key, pass);
      default:
        return this.#act(key, pass);
    }
  }

  async #deploy(key: string, pass: Pass & { readonly verb: 'install' | 'upgrade' }): Promise<ReconcileResult> {
    const { observation, decision, signal, verb } = pass;
    const context = { ...this.#context, signal };
    const expected = (observation.release?.revision ?? 0) + 1;
    this.#context.log.info('deploying', { key, state: decision.state, reason: decision.message, revision: expected });
    const error = await this.#attempt(pass, () => deploy(observation, context));
    if (error !== undefined) return this.#failed(key, { ...pass, error });
    this.#failures.delete(key);
    const { release } = await this.#context.observer.refresh(observation, signal);
    const deployed = await readDeployed(observation, release?.revision ?? expected, context);
    const workloads = await this.#context.workloads.readiness(deployed.inventory, signal);
    const { revision, chart } = deployed.release;
    this.#event(observation.resource, {
      type: 'Normal',
      reason: verb === 'install' ? 'Installed' : 'Upgraded',
      action: verb === 'install' ? 'Install' : 'Upgrade',
      note: `revision ${revision} of ${chart}: ${decision.message}`,
    });
    await this.#write(observation, { verdict: verdictAfterDeploy(verb, { revision, chart, workloads }), ...deployed });
    return this.#next(observation, workloads.state === 'ready');
  }

  async #uninstall(key: string, pass: Pass): Promise<ReconcileResult> {
    const { observation, signal } = pass;
    const { namespace, name } = this.#context.observer.releaseOf(observation.resource);
    this.#context.log.info('uninstalling', { key, release: `${namespace}/${name}` });
    const { timeoutMs } = observation.entry;
    const error = await this.#attempt(pass, () =>
      this.#context.uninstaller.uninstall({ namespace, name, timeoutMs, signal, ...impersonationOf(observation) }),
    );
    // what a lost race took away is gone as well
    const isGone = error instanceof HelmError && error.code === 'HELM_RELEASE_NOT_FOUND';
    if (error !== undefined && !isGone) return this.#failed(key, { ...pass, verb: 'uninstall', error });
    const note = `release ${namespace}/${name} is uninstalled`;
    this.#event(observation.resource, { type: 'Normal', reason: 'Uninstalled', action: 'Uninstall', note });
    return this.#release(key, { ...pass, decision: { state: 'Deleting', action: 'removeFinalizer', message: note } });
  }

  /** Lets go of a resource that is being deleted. */
  async #release(key: string, pass: Pass): Promise<ReconcileResult> {
    const { observation, decision } = pass;
    if (decision.state === 'Foreign') {
      this.#event(observation.resource, {
        type: 'Warning',
        reason: 'ForeignRelease',
        action: 'Uninstall',
        note: decision.message,
      });
    }
    await this.#changeFinalizer(removeFinalizer, pass);
    this.#context.workloads.forget(observation.resource.status?.inventory ?? []);
    this.#failures.delete(key);
    return {};
  }

  async #failed(key: string, pass: Pass & { readonly error: unknown; readonly verb: Verb }): Promise<ReconcileResult> {
    const { observation, error, verb, signal } = pass;
    if (!(error instanceof HelmError) || signal.aborted) throw error;
    const failure = rememberFailure(error, {
      verb,
      digest: observation.desired.isKnown ? observation.desired.digest : '',
      before: observation.failure,
      nowMs: this.#context.clock.now(),
      random: Math.random(),
    });
    this.#failures.set(key, failure);
    this.#context.log.warn('helm failed', { key, verb, code: error.code, message: error.message });
    this.#event(observation.resource, {
      type: 'Warning',
      reason: failure.reason,
      action: verb,
      note: failure.message,
    });
    // decided anew with the failure in it: whether tries are left is the decision's to say
    const observed = { ...observation, failure };
    const decision = decide(observed, this.#context.clock.now());
    const isStuck = failure.isTerminal || (decision.action === 'none' && decision.requeueAfterMs === undefined);
    const verdict = verdictAfterFailure({ ...failure, isTerminal: isStuck });
    const said: Verdict =
      isStuck && decision.reason !== undefined
        ? { ...verdict, reason: decision.reason, message: decision.message }
        : verdict;
    await this.#write(observed, { verdict: said });
    return isStuck ? {} : { requeueAfterMs: Math.max(1, failure.retryAtMs - this.#context.clock.now()) };
  }

  async #settle(pass: Pass): Promise<ReconcileResult> {
    const { observation, decision } = pass;
    const verdict = verdictOf(decision);
    if (verdict === undefined) return {};
    if (decision.reason === 'ForeignRelease') {
      const note = decision.message;
      this.#event(observation.resource, { type: 'Warning', reason: 'ForeignRelease', action: 'Install', note });
    }
    if (decision.state !== 'InSync') {
      await this.#write(observation, { verdict });
      return decision.requeueAfterMs === undefined ? {} : { requeueAfterMs: decision.requeueAfterMs };
    }
    const { release } = observation;
    const known = observation.resource.status;
    if (release === undefined || (known?.release?.revision === release.revision && known.inventory !== undefined)) {
      await this.#write(observation, { verdict });
      return this.#next(observation, verdict.ready === 'True', decision);
    }
    // the status was lost, or a crash came between helm's record and it: read what the record says
    const deployed = await readDeployed(observation, release.revision, { ...this.#context, signal: pass.signal });
    const workloads = await this.#context.workloads.readiness(deployed.inventory, pass.signal);
    const { revision, chart } = deployed.release;
    const verb = revision === 1 ? 'install' : 'upgrade';
    await this.#write(observation, { verdict: verdictAfterDeploy(verb, { revision, chart, workloads }), ...deployed });
    return this.#next(observation, workloads.state === 'ready', decision);
  }

  #next(observation: Observation, isReady: boolean, decision?: Decision): ReconcileResult {
    const { entry } = observation;
    const waits = [
      entry.reconcilePeriodMs,
      isReady ? undefined : decision?.requeueAfterMs,
      !isReady && !entry.watchDependentResources ? unwatchedPollMs : undefined,
    ].filter((wait) => wait !== undefined);
    return waits.length === 0 ? {} : { requeueAfterMs: Math.min(...waits) };
  }

  /** Runs a helm call, shows it in the status when it takes its time, and gives back what it threw. */
  async #attempt(pass: Pass, call: () => Promise<void>): Promise<unknown> {
    let shown: Promise<void> | undefined;
    const timer = setTimeout(() => {
      shown = this.#write(pass.observation, { verdict: verdictInFlight(pass.decision) }).catch((error: unknown) =>
        this.#context.log.warn('status not written', { error: errorText(error) }),
      );
    }, showProgressAfterMs);
    try {
      await call();
      return undefined;
    } catch (error) {
      return error;
    } finally {
      clearTimeout(timer);
      await shown;
    }
  }

  async #write(observation: Observation, news: News): Promise<void> {
    const { statusWriter, clock } = this.#context;
    const resource = this.#latest(observation.resource);
    const failures = this.#failures.get(objectKey(resource.metadata))?.count ?? 0;
    await statusWriter.write(resource, composeStatus({ ...news, resource, failures, nowMs: clock.now() }));
  }

  async #changeFinalizer(change: typeof addFinalizer, pass: Pass): Promise<void> {
    const { client, type, store } = this.#context;
    try {
      store.remember(await change(this.#latest(pass.observation.resource), { client, type, signal: pass.signal }));
    } catch (error) {
      if (!isApiError(error, 'API_NOT_FOUND')) throw error;
    }
  }

  /** The same object as the store has it now: a pass may have written to it already. */
  #latest(resource: ObservedResource): ObservedResource {
    const held = this.#context.store.get(objectKey(resource.metadata));
    return held?.metadata.uid === resource.metadata.uid ? held : resource;
  }

  #event(about: ObservedResource, event: EventOptions): void {
    this.#context.recordEvent(about, event);
  }
}

type Verb = 'install' | 'upgrade' | 'uninstall';

interface Pass {
  readonly observation: Observation;
  readonly decision: Decision;
  readonly signal: AbortSignal;
}

interface News {
  readonly verdict: Verdict;
  readonly release?: ReleaseSnapshot | null;
  readonly inventory?: readonly InventoryEntry[];
}
