// The kind of a watch entry as the API server has it: waited for until it is there, and noticed when it comes back changed.
import type { Discovery } from '../kube/discovery.ts';
import { isApiError } from '../kube/errors.ts';
import type { Resource } from '../kube/resource.ts';
import type { Clock } from '../lib/clock.ts';
import { errorText } from '../lib/error-text.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { WatchEntry } from '../watches/watch-entry.ts';

const crdPollMs = 5_000;

/** What a {@link ServedKind} needs. */
export interface ServedKindOptions {
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Asks for one kind. */
export class ServedKind {
  readonly #entry: WatchEntry;
  readonly #options: ServedKindOptions;

  constructor(entry: WatchEntry, options: ServedKindOptions) {
    this.#entry = entry;
    this.#options = options;
  }

  /** The kind once it is served and fits its entry; its CRD may come after us: said once, then waited for. */
  async wait(stop: AbortSignal): Promise<Resource | undefined> {
    const { discovery, clock, log } = this.#options;
    const { gvk } = this.#entry;
    let said = '';
    while (!stop.aborted) {
      let waitingFor = 'its CustomResourceDefinition is not installed';
      try {
        const found = await discovery.find(gvk, stop);
        const misfit = found === undefined ? undefined : misfitOf(this.#entry, found);
        if (found !== undefined && misfit === undefined) return found;
        waitingFor = misfit ?? waitingFor;
      } catch (error) {
        if (stop.aborted) return undefined;
        if (!isApiError(error)) throw error;
        waitingFor = error.message;
      }
      if (said !== waitingFor) log.warn('kind cannot be watched yet, waiting', { ...gvk, reason: waitingFor });
      said = waitingFor;
      await clock.sleep(crdPollMs, stop).catch(() => undefined);
    }
    return undefined;
  }

  /**
   * To be asked when its watch has failed: whether the kind is served in another way than `known`, since its CRD was made
   * anew with another plural or scope. False where that cannot be told now; the watch will fail again.
   */
  async isChanged(known: Resource, failure: unknown, stop: AbortSignal): Promise<boolean> {
    if (!isApiError(failure, 'API_NOT_FOUND', 'API_GONE')) return false;
    const { discovery, log } = this.#options;
    const { gvk } = this.#entry;
    discovery.forget(gvk.group);
    try {
      const found = await discovery.find(gvk, stop);
      if (found === undefined || (found.plural === known.plural && found.isNamespaced === known.isNamespaced)) {
        return false;
      }
      log.warn('kind is served in another way now, following it anew', { ...gvk, plural: found.plural });
      return true;
    } catch (error) {
      log.debug('kind not found out about', { ...gvk, error: errorText(error) });
      return false;
    }
  }
}

/** A kind's scope and the entry's `releaseNamespace` belong together; undefined where they do. */
function misfitOf(entry: WatchEntry, type: Resource): string | undefined {
  if (type.isNamespaced && entry.releaseNamespace !== undefined) {
    return 'the kind is namespaced: releases go to the namespace of the resource, take releaseNamespace out of the entry';
  }
  if (!type.isNamespaced && entry.releaseNamespace === undefined) {
    return 'the kind is cluster-scoped: its entry needs a releaseNamespace';
  }
  return undefined;
}
