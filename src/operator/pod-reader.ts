// Reads the pods of a workload that is not ready, for the one reason that tells most.
import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/objects.ts';
import { CoreResources } from '../kube/resource.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type PodObject, podTrouble } from './pod-trouble.ts';

/** How many pods are read of a workload. One that has more is told about from these. */
const pageSize = 100;

/** A right that was missing may be granted, and nobody tells. */
const forbiddenForMs = 600_000;

/** Where the pods are. */
export interface PodPlace {
  readonly namespace: string;
  readonly selector: string;
}

/** Reads pods; never throws because they cannot be read. */
export class PodReader {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** By namespace: until when nothing is asked there, on the monotonic clock. */
  readonly #forbidden = new Map<string, number>();

  constructor(client: KubeClient, options: { readonly clock: Clock; readonly log: Logger }) {
    this.#client = client;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** The most telling trouble, if there is any; undefined where the pods could not be read. One request at most. */
  async read(
    place: PodPlace,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly trouble: string | undefined } | undefined> {
    const { namespace, selector } = place;
    if ((this.#forbidden.get(namespace) ?? 0) > this.#clock.monotonic()) return undefined;
    this.#forbidden.delete(namespace);
    try {
      const options = { namespace, labelSelector: selector, pageSize, isRepeated: false, signal };
      const first = await this.#client.pages<KubeObject & PodObject>(CoreResources.pods, options).next();
      return { trouble: first.done === true ? undefined : podTrouble(first.value.items) };
    } catch (error) {
      if (!isApiError(error) || signal?.aborted === true) throw error;
      if (isApiError(error, 'API_FORBIDDEN')) this.#noteForbidden(namespace, error.message);
      return undefined; // the workload's own numbers have to do
    }
  }

  #noteForbidden(namespace: string, error: string): void {
    this.#forbidden.set(namespace, this.#clock.monotonic() + forbiddenForMs);
    this.#log.warn('pods may not be read, so why they are not ready is not said', {
      namespace,
      resource: 'pods',
      verb: 'list',
      error,
    });
  }
}
