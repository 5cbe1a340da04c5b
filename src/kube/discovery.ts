// From a kind to its URL: the API server's resource lists, cached per group and version.
import { apiVersionOf, type GroupVersionKind } from '../api/v1alpha1/group-version.ts';
import type { KubeClient } from './client.ts';
import { ApiError, isApiError } from './errors.ts';
import { groupVersionPath, type Resource } from './resource.ts';

interface WireResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

interface WireGroup {
  readonly preferredVersion?: { readonly version?: string };
  readonly versions?: readonly { readonly version?: string }[];
}

/** Answers are kept; a kind that is not found is asked for anew each time, since CRDs come and go. */
export class Discovery {
  readonly #client: KubeClient;
  readonly #lists = new Map<string, Promise<readonly Resource[]>>();
  readonly #versions = new Map<string, readonly string[]>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** The resource of a kind, or undefined where the server does not serve it now. @throws ApiError where it cannot be asked */
  async find(gvk: GroupVersionKind, signal?: AbortSignal): Promise<Resource | undefined> {
    const apiVersion = apiVersionOf(gvk);
    const isWanted = (resource: Resource): boolean => resource.kind === gvk.kind;
    for (let held = this.#lists.get(apiVersion); held !== undefined; held = this.#lists.get(apiVersion)) {
      // What another caller asked may have failed for its own reasons, cancellation above all.
      const found = (await held.catch(() => undefined))?.find(isWanted);
      if (found !== undefined) return found;
      if (this.#lists.get(apiVersion) === held) this.#lists.delete(apiVersion);
    }
    return (await this.#askAndKeep(gvk, signal)).find(isWanted);
  }

  /** As `find`. @throws ApiError `KIND_NOT_SERVED` */
  async resolve(gvk: GroupVersionKind, signal?: AbortSignal): Promise<Resource> {
    const found = await this.find(gvk, signal);
    if (found !== undefined) return found;
    throw new ApiError('KIND_NOT_SERVED', `the API server has no kind ${gvk.kind} in ${apiVersionOf(gvk)}`, {
      remedy: 'Install its CustomResourceDefinition.',
    });
  }

  /**
   * The resource of a kind, for what is stored without a version: in the group's preferred version, else in the first of
   * the others that has it (a group may serve some kinds only in an older or newer one).
   */
  async findPreferred(kind: { readonly group: string; readonly kind: string }): Promise<Resource | undefined> {
    if (kind.group === '') return this.find({ ...kind, version: 'v1' });
    const held = this.#versions.get(kind.group);
    return (
      (held === undefined ? undefined : await this.#findIn(held, kind)) ??
      (await this.#findIn(await this.#askVersions(kind.group), kind))
    );
  }

  /** A kind of this group turned out not to be served any more: the next to ask is answered anew. */
  forget(group: string): void {
    this.#versions.delete(group);
    for (const apiVersion of this.#lists.keys()) {
      if (group === '' ? !apiVersion.includes('/') : apiVersion.startsWith(`${group}/`)) this.#lists.delete(apiVersion);
    }
  }

  async #findIn(
    versions: readonly string[],
    kind: { readonly group: string; readonly kind: string },
  ): Promise<Resource | undefined> {
    for (const version of versions) {
      const found = await this.find({ ...kind, version });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The group's versions, the preferred one first. */
  async #askVersions(group: string): Promise<readonly string[]> {
    try {
      const answer = await this.#client.raw<WireGroup>({
        method: 'GET',
        path: `/apis/${encodeURIComponent(group)}`,
        what: `discover ${group}`,
      });
      const versions = [answer.preferredVersion, ...(answer.versions ?? [])].flatMap((each) => each?.version ?? []);
      this.#versions.set(group, [...new Set(versions)]);
      return this.#versions.get(group) ?? [];
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND')) return [];
      throw error;
    }
  }

  #askAndKeep(gvk: GroupVersionKind, signal: AbortSignal | undefined): Promise<readonly Resource[]> {
    const apiVersion = apiVersionOf(gvk);
    const asked = this.#ask(gvk, signal);
    this.#lists.set(apiVersion, asked);
    asked.catch(() => {
      if (this.#lists.get(apiVersion) === asked) this.#lists.delete(apiVersion);
    });
    return asked;
  }

  async #ask(gvk: GroupVersionKind, signal: AbortSignal | undefined): Promise<readonly Resource[]> {
    const apiVersion = apiVersionOf(gvk);
    try {
      const list = await this.#client.raw<WireResourceList>({
        method: 'GET',
        path: groupVersionPath(gvk),
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
