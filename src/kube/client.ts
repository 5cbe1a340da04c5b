// The verbs of the Kubernetes API: the only door through which the program talks to a cluster.
import { apiVersionOf } from '../api/v1alpha1/group-version.ts';
import type { ApiRequest } from './api-request.ts';
import type {
  CreateOptions,
  DeleteOptions,
  Deletion,
  ListOptions,
  ObjectOptions,
  WatchOptions,
  WriteOptions,
} from './call-options.ts';
import { isApiError } from './errors.ts';
import type { HttpTransport, RequestGate } from './http.ts';
import { readListPage } from './list-page.ts';
import type { KubeList, KubeObject, ObjectInput } from './objects.ts';
import { acceptOf, collectionQuery, preconditionsOf, writeQuery } from './request-parts.ts';
import { describeLocation, type Resource, type ResourceLocation, resourcePath } from './resource.ts';
import { decodeWatch, type WatchEvent } from './watch-stream.ts';

/** A client for one cluster and one user. Stateless besides its transport: safe to share. */
export class KubeClient {
  readonly #http: HttpTransport;

  constructor(http: HttpTransport) {
    this.#http = http;
  }

  /** The server's URL. */
  get server(): string {
    return this.#http.connection.server;
  }

  /** The kubeconfig context's name. */
  get context(): string {
    return this.#http.connection.context;
  }

  /** Whether this is the pod's own service account, and no kubeconfig. */
  get isInCluster(): boolean {
    return this.#http.connection.isInCluster;
  }

  /** The context's namespace. */
  get namespace(): string {
    return this.#http.connection.namespace;
  }

  /** Milliseconds for which requests over this connection are held back after a 429; 0 when they are not. */
  get heldBackMs(): number {
    return this.#http.heldBackMs;
  }

  /** A client that acts as `user` (e.g. `system:serviceaccount:NS:NAME`), over the same connection. */
  impersonating(user: string): KubeClient {
    return new KubeClient(this.#http.impersonating(user));
  }

  /** A client whose writes (every method but GET) ask first, all guards that it has: over the same connection, see `beforeWrite`. */
  fencedBy(guard: () => void): KubeClient {
    return new KubeClient(this.#http.fencedBy(guard));
  }

  /**
   * A client over the same connection that a 429 to others does not hold back, nor the other way round: for a Lease, for
   * Events. See `maxHoldMs` there.
   */
  apart(options: { readonly maxHoldMs?: number } = {}): KubeClient {
    return new KubeClient(this.#http.apart(options));
  }

  /**
   * A client over the same connection whose requests fail with the first 429, instead of being repeated each for itself;
   * what the server asks to wait holds back all as ever.
   */
  impatient(): KubeClient {
    return new KubeClient(this.#http.impatient());
  }

  /**
   * A client over the same connection that lets requests through by a gate (a p-limit), shared with what is derived from it: so
   * many in flight at once, whoever sends them. Watches pass it by.
   */
  through(gate: RequestGate): KubeClient {
    return new KubeClient(this.#http.through(gate));
  }

  /** New requests get new sockets: one went silent, and others may be as dead. */
  renewSockets(): void {
    this.#http.connection.renewSockets();
  }

  /** Sends any request: discovery, version, reviews. */
  raw<T>(request: ApiRequest): Promise<T> {
    return this.#http.json<T>(request);
  }

  /** @throws ApiError `API_NOT_FOUND` where there is none. */
  get<T extends KubeObject = KubeObject>(resource: Resource, options: ObjectOptions): Promise<T> {
    return this.#http.json<T>({
      method: 'GET',
      path: resourcePath(resource, options),
      what: `get ${describeLocation(resource, options)}`,
      ...acceptOf('one', options),
      signal: options.signal,
    });
  }

  /** As `get`, with `undefined` where there is none. */
  async find<T extends KubeObject = KubeObject>(resource: Resource, options: ObjectOptions): Promise<T | undefined> {
    try {
      return await this.get<T>(resource, options);
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  /**
   * The pages of a collection, all of one consistent state. Memory is bounded by the page.
   * @throws ApiError `API_GONE` where the server no longer has that state: it keeps it for some five minutes;
   * `API_BAD_ANSWER` where an answer is no list
   */
  async *pages<T extends KubeObject = KubeObject>(
    resource: Resource,
    options: ListOptions = {},
  ): AsyncGenerator<KubeList<T>, void, undefined> {
    const what = `list ${describeLocation(resource, options)}`;
    let continueToken: string | undefined;
    do {
      const answer = await this.#http.json<unknown>({
        method: 'GET',
        path: resourcePath(resource, { namespace: options.namespace }),
        query: {
          ...collectionQuery(options),
          limit: String(options.pageSize ?? 500),
          continue: continueToken,
        },
        what,
        ...acceptOf('list', options),
        isRepeated: options.isRepeated ?? true,
        signal: options.signal,
      });
      const page: KubeList<T> = readListPage<T>(answer, what);
      yield page;
      continueToken = page.continueToken;
    } while (continueToken !== undefined);
  }

  /**
   * The whole collection, read in pages; where their state is given up by the server meanwhile, once more and all at once,
   * as client-go's pager does.
   */
  async list<T extends KubeObject = KubeObject>(resource: Resource, options: ListOptions = {}): Promise<KubeList<T>> {
    try {
      return await this.#collect<T>(resource, options);
    } catch (error) {
      if (!isApiError(error, 'API_GONE') || options.pageSize === 0) throw error;
      return this.#collect<T>(resource, { ...options, pageSize: 0 });
    }
  }

  async #collect<T extends KubeObject>(resource: Resource, options: ListOptions): Promise<KubeList<T>> {
    const items: T[] = [];
    let resourceVersion = '';
    for await (const page of this.pages<T>(resource, options)) {
      for (const item of page.items) items.push(item); // a spread of more than 100,000 overflows the stack
      resourceVersion = page.resourceVersion;
    }
    return { resourceVersion, items };
  }

  /** One watch, until the server ends it. Bookmarks are asked for. @throws ApiError `API_GONE` where the version is too old. */
  async watch<T extends KubeObject = KubeObject>(
    resource: Resource,
    options: WatchOptions,
  ): Promise<AsyncIterable<WatchEvent<T>>> {
    const what = `watch ${describeLocation(resource, options)}`;
    const bytes = await this.#http.stream({
      method: 'GET',
      path: resourcePath(resource, { namespace: options.namespace }),
      query: {
        ...collectionQuery(options),
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: options.resourceVersion,
        timeoutSeconds: String(options.timeoutSeconds),
      },
      what,
      ...acceptOf('one', options),
      signal: options.signal,
    });
    return decodeWatch<T>(bytes, what);
  }

  /** Creates with strict field validation: an unknown field is an error, not a warning. */
  create<T extends KubeObject = KubeObject>(
    resource: Resource,
    object: ObjectInput,
    options: CreateOptions,
  ): Promise<T> {
    const namespace = options.namespace ?? object.metadata.namespace;
    return this.#http.json<T>({
      method: 'POST',
      path: resourcePath(resource, { namespace }),
      query: writeQuery(options),
      body: object,
      what: `create ${describeLocation(resource, { namespace, name: object.metadata.name ?? object.metadata.generateName })}`,
      ...acceptOf('one', options),
      signal: options.signal,
    });
  }

  /** Server-side apply, with force: what we send is ours. `subresource` to apply a status. */
  apply<T extends KubeObject = KubeObject>(
    resource: Resource,
    object: ObjectInput,
    options: WriteOptions & { readonly subresource?: ResourceLocation['subresource'] },
  ): Promise<T> {
    const location = {
      namespace: options.namespace ?? object.metadata.namespace,
      name: object.metadata.name ?? '',
      ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
    };
    return this.#http.json<T>({
      method: 'PATCH',
      path: resourcePath(resource, location),
      query: { ...writeQuery(options), force: 'true' },
      contentType: 'application/apply-patch+yaml',
      body: { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind },
      what: `apply ${describeLocation(resource, location)}`,
      signal: options.signal,
    });
  }

  /** JSON merge patch (RFC 7386). A `metadata.resourceVersion` in it makes the change conditional. */
  merge<T extends KubeObject = KubeObject>(
    resource: Resource,
    patch: Readonly<Record<string, unknown>>,
    options: WriteOptions & { readonly name: string; readonly subresource?: ResourceLocation['subresource'] },
  ): Promise<T> {
    return this.#http.json<T>({
      method: 'PATCH',
      path: resourcePath(resource, options),
      query: writeQuery(options),
      contentType: 'application/merge-patch+json',
      body: patch,
      what: `patch ${describeLocation(resource, options)}`,
      signal: options.signal,
    });
  }

  /**
   * Deletes; with `uid` only that very object, with `resourceVersion` only as it was then (else `API_CONFLICT`). Gone already
   * is fine: `absent`. Without `uid` it is not repeated where nobody knows whether it happened: by then another object may have
   * the name.
   */
  async delete(resource: Resource, options: DeleteOptions): Promise<Deletion> {
    try {
      const answer = await this.#http.json<Partial<KubeObject> | undefined>({
        method: 'DELETE',
        path: resourcePath(resource, options),
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          propagationPolicy: options.propagation ?? 'Background',
          ...preconditionsOf(options),
        },
        what: `delete ${describeLocation(resource, options)}`,
        isIdempotent: options.uid !== undefined,
        signal: options.signal,
      });
      // the object where it stays, else a Status, or the object as it was last
      return answer?.metadata?.deletionTimestamp === undefined ? 'gone' : 'going';
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND')) return 'absent';
      throw error;
    }
  }
}
