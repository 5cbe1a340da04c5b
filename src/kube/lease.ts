// One Lease of coordination.k8s.io/v1: read, created, changed only if nobody else has, and watched.
import { apiVersionOf } from '../api/v1alpha1/group-version.ts';
import type { KubeClient } from './client.ts';
import { isApiError } from './errors.ts';
import type { KubeObject } from './objects.ts';
import { type Resource, resourcePath } from './resource.ts';

/** `spec` of a Lease; times are MicroTime. */
export interface LeaseSpec {
  /** Absent, null or empty: nobody holds it. */
  readonly holderIdentity?: string | null;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  /** How often it went from one holder to another. */
  readonly leaseTransitions?: number;
}

/** A Lease as the API server sends it. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

/** What an election needs from the place where the record lies. Every call takes a signal that bounds it. */
export interface LeaseStore {
  /** For messages: `namespace/name`. */
  readonly key: string;
  read(signal: AbortSignal): Promise<Lease | undefined>;
  /** @throws ApiError `API_ALREADY_EXISTS` */
  create(spec: LeaseSpec, signal: AbortSignal): Promise<Lease>;
  /** Changes these fields of exactly this version. @throws ApiError `API_CONFLICT`, `API_NOT_FOUND` */
  update(current: Lease, spec: LeaseSpec, signal: AbortSignal): Promise<Lease>;
  /** Every later version; undefined once it is deleted. Ends when the server ends it. */
  watch(current: Lease, signal: AbortSignal): AsyncIterable<Lease | undefined>;
}

/** Where the Lease is. */
export interface KubeLeaseOptions {
  /** Not one that is fenced by this election. No 429 holds it back: the election waits as long as its term allows. */
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** `bookstore-operator`. */
  readonly fieldManager: string;
}

const leases = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  isNamespaced: true,
} as const satisfies Resource;

/** After how many seconds a watch is asked for anew: some random time within client-go's five to ten minutes. */
const watchSeconds = (): number => Math.round(300 * (1 + Math.random()));

/** A Lease in the cluster. Needs the verbs get, create, patch and watch. Each call is one request: the election repeats. */
export class KubeLease implements LeaseStore {
  readonly #options: KubeLeaseOptions;

  constructor(options: KubeLeaseOptions) {
    this.#options = { ...options, client: options.client.apart({ maxHoldMs: 0 }) };
  }

  get key(): string {
    return `${this.#options.namespace}/${this.#options.name}`;
  }

  async read(signal: AbortSignal): Promise<Lease | undefined> {
    const { client, namespace, name } = this.#options;
    const path = resourcePath(leases, { namespace, name });
    try {
      return await client.raw<Lease>({
        method: 'GET',
        path,
        what: `read Lease ${this.key}`,
        isRepeated: false,
        signal,
      });
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  create(spec: LeaseSpec, signal: AbortSignal): Promise<Lease> {
    const { client, namespace, name, fieldManager } = this.#options;
    return client.raw<Lease>({
      method: 'POST',
      path: resourcePath(leases, { namespace }),
      query: { fieldManager },
      body: { apiVersion: apiVersionOf(leases), kind: leases.kind, metadata: { namespace, name }, spec },
      what: `create Lease ${this.key}`,
      isRepeated: false,
      signal,
    });
  }

  update(current: Lease, spec: LeaseSpec, signal: AbortSignal): Promise<Lease> {
    const { client, namespace, name, fieldManager } = this.#options;
    return client.raw<Lease>({
      method: 'PATCH',
      path: resourcePath(leases, { namespace, name }),
      query: { fieldManager },
      contentType: 'application/merge-patch+json',
      body: { metadata: { resourceVersion: current.metadata.resourceVersion }, spec }, // the version makes it conditional
      what: `renew Lease ${this.key}`,
      isRepeated: false,
      signal,
    });
  }

  async *watch(current: Lease, signal: AbortSignal): AsyncGenerator<Lease | undefined, void, undefined> {
    const { client, namespace, name } = this.#options;
    const events = await client.watch<Lease>(leases, {
      namespace,
      fieldSelector: `metadata.name=${name}`,
      resourceVersion: current.metadata.resourceVersion,
      timeoutSeconds: watchSeconds(),
      signal,
    });
    for await (const { type, object } of events) {
      if (type !== 'BOOKMARK') yield type === 'DELETED' ? undefined : object;
    }
  }
}
