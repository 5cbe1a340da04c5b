// Objects that change all the time, past the proxy: what a watch of them has to follow.
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '../../../src/kube/client.ts';
import { isApiError } from '../../../src/kube/errors.ts';
import { type KubeObject, objectKey } from '../../../src/kube/objects.ts';
import type { Resource } from '../../../src/kube/resource.ts';
import type { Soak } from '../soak.ts';

const fieldManager = 'soak';
const labels = { soak: 'yes' };

/** Chooses the objects. */
export const busySelector = 'soak=yes';

/** A number of objects of one kind, and writers. */
export class BusyObjects {
  readonly #client: KubeClient;
  readonly #resource: Resource;
  readonly #namespace: string;
  readonly #run: Soak;
  readonly #names: readonly string[];
  #writes = 0;

  constructor(
    client: KubeClient,
    options: { readonly resource: Resource; readonly namespace: string; readonly count: number; readonly run: Soak },
  ) {
    this.#client = client;
    this.#resource = options.resource;
    this.#namespace = options.namespace;
    this.#run = options.run;
    this.#names = Array.from({ length: options.count }, (_each, index) => `busy-${index}`);
  }

  /** Writes that the API server took. */
  get writes(): number {
    return this.#writes;
  }

  async createAll(): Promise<void> {
    for (let at = 0; at < this.#names.length; at += 10) {
      await Promise.all(this.#names.slice(at, at + 10).map((name) => this.#create(name)));
    }
  }

  /** Changes, deletes and creates at random until the signal aborts; what fails meanwhile is left. */
  async keepBusy(signal: AbortSignal, options: { readonly writers: number; readonly pauseMs: number }): Promise<void> {
    const write = async (): Promise<void> => {
      while (!signal.aborted) {
        await this.#writeOne().catch((error: unknown) => {
          if (!isApiError(error)) throw error;
        });
        await delay(this.#run.between(0, 2 * options.pauseMs));
      }
    };
    await Promise.all(Array.from({ length: options.writers }, write));
  }

  /** `key` → `uid@resourceVersion`, as the API server has it now. */
  async truth(): Promise<Map<string, string>> {
    const { items } = await this.#client.list(this.#resource, {
      namespace: this.#namespace,
      labelSelector: busySelector,
      isMetadataOnly: true,
    });
    return versionsOf(items);
  }

  async #writeOne(): Promise<void> {
    const name = this.#run.pick(this.#names as [string, ...string[]]);
    const dice = this.#run.random();
    const location = { namespace: this.#namespace, name };
    if (dice < 0.1) {
      if ((await this.#client.delete(this.#resource, location)) !== 'absent') this.#writes += 1;
      if (dice < 0.05) await this.#create(name); // a successor at once
    } else if (dice < 0.2) {
      await this.#create(name);
    } else {
      const isSeen = dice > 0.23; // some leave the selector, and come back
      const change = { metadata: { labels: isSeen ? labels : { soak: 'no' }, annotations: { dice: String(dice) } } };
      await this.#client.merge(this.#resource, change, { ...location, fieldManager });
      this.#writes += 1;
    }
  }

  async #create(name: string): Promise<void> {
    const { group, version, kind } = this.#resource;
    const apiVersion = group === '' ? version : `${group}/${version}`;
    const metadata = { name, namespace: this.#namespace, labels };
    await this.#client.create(this.#resource, { apiVersion, kind, metadata }, { fieldManager });
    this.#writes += 1;
  }
}

/** `key` → `uid@resourceVersion`. */
export function versionsOf(objects: Iterable<KubeObject>): Map<string, string> {
  return new Map(
    Array.from(objects, ({ metadata }) => [objectKey(metadata), `${metadata.uid}@${metadata.resourceVersion}`]),
  );
}
