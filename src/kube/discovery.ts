// From a kind to its URL: the API server's resource lists, cached per group and version.
import { apiVersionOf, type GroupVersionKind } from '../api/v1alpha1/group-version.ts';
import type { KubeClient } from './client.ts';
import { ApiError, isApiError } from './errors.ts';
import type { Resource } from './resource.ts';

interface WireResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/** Answers are kept; a kind that is not found is asked for anew each time, since CRDs come and go. */
export class Discovery {
  readonly #client: KubeClient;
  readonly #lists = new Map<string, Promise<readonly Resource[]>>();
  readonly #preferred = new Map<string, string>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** The resource of a kind, or undefined where the server does not serve it now. @throws ApiError where it cannot be asked */
  async find(gvk: GroupVersionKind, signal?: AbortSignal): Promise<Resource | undefined> {
    const cached = await this.#list(gvk, signal);
    const found = cached.find((resource) => resource.kind === gvk.kind);
    if (found !== undefined) return found;
    this.#lists.delete(apiVersionOf(gvk));
    return (await this.#list(gvk, signal)).find((resource) => resource.kind === gvk.kind);
  }

  /** As `find`. @throws ApiError `KIND_NOT_SERVED` */
  async resolve(gvk: GroupVersionKind, signal?: AbortSignal): Promise<Resource> {
    const found = await this.find(gvk, signal);
    if (found !== undefined) return found;
    throw new ApiError('KIND_NOT_SERVED', `the API server has no kind ${gvk.kind} in ${apiVersionOf(gvk)}`, {
      remedy: 'Install its CustomResourceDefinition.',
    });
  }

  /** The resource of a kind in the group's preferred version: for what is stored without a version. */
  async findPreferred(kind: { readonly group: string; readonly kind: string }): Promise<Resource | undefined> {
    if (kind.group === '') return this.find({ ...kind, version: 'v1' });
    const known = this.#preferred.get(kind.group) ?? (await this.#preferredVersion(kind.group));
    return known === undefined ? undefined : this.find({ ...kind, version: known });
  }

  async #preferredVersion(group: string): Promise<string | undefined> {
    try {
      const answer = await this.#client.raw<{ readonly preferredVersion?: { readonly version?: string } }>({
        method: 'GET',
        path: `/apis/${encodeURIComponent(group)}`,
        what: `discover ${group}`,
      });
      const version = answer.preferredVersion?.version;
      if (version !== undefined) this.#preferred.set(group, version);
      return version;
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  #list(gvk: GroupVersionKind, signal: AbortSignal | undefined): Promise<readonly Resource[]> {
    const apiVersion = apiVersionOf(gvk);
    const held = this.#lists.get(apiVersion);
    if (held !== undefined) return held;
    const asked = this.#ask(gvk, signal);
    this.#lists.set(apiVersion, asked);
    asked.catch(() => this.#lists.delete(apiVersion));
    return asked;
  }

  async #ask(gvk: GroupVersionKind, signal: AbortSignal | undefined): Promise<readonly Resource[]> {
    const apiVersion = apiVersionOf(gvk);
    try {
      const list = await this.#client.raw<WireResourceList>({
        method: 'GET',
        path: gvk.group === '' ? `/api/${gvk.version}` : `/apis/${gvk.group}/${gvk.version}`,
        what: `discover ${apiVersion}`,
        signal,
      });
      return (list.resources ?? [])
        .filter((resource) => !resource.name.includes('/'))
        .map((resource) => ({
          group: gvk.group,
          version: gvk.version,
          kind: resource.kind,
          plural: resource.name,
          isNamespaced: resource.namespaced,
        }));
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND')) return [];
      throw error;
    }
  }
}
