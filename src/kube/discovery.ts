// From a kind to its URL: the API server's resource lists, cached per group and version.
import { apiVersionOf, type GroupVersionKind } from '../api/v1alpha1/group-version.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
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

/** How long a kind is believed to be as it was: its CRD may be made anew, with another scope or in another version. */
const believedMs = 600_000;

interface Asked<T> {
  readonly answer: Promise<T>;
  readonly atMs: number;
  /** Counts the questions. */
  readonly number: number;
}

/**
 * Answers are kept for ten minutes (client-go keeps them until it is told otherwise); a kind that is not found is asked for
 * anew each time, since CRDs come and go: of those who miss one at the same time, each believes an answer to a question
 * that was asked after his own.
 */
export class Discovery {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #lists = new Map<string, Asked<readonly Resource[]>>();
  readonly #versions = new Map<string, Asked<readonly string[]>>();
  #questions = 0;

  constructor(client: KubeClient, options: { readonly clock?: Clock } = {}) {
    this.#client = client;
    this.#clock = options.clock ?? systemClock;
  }

  /** The resource of a kind, or undefined where the server does not serve it now. @throws ApiError where it cannot be asked */
  async find(gvk: GroupVersionKind, signal?: AbortSignal): Promise<Resource | undefined> {
    const apiVersion = apiVersionOf(gvk);
    const isWanted = (resource: Resource): boolean => resource.kind === gvk.kind;
    const asBegun = this.#questions;
    for (let held = this.#lists.get(apiVersion); held !== undefined; held = this.#lists.get(apiVersion)) {
      // What another caller asked may have failed for its own reasons, cancellation above all.
      const answer = this.#isOld(held) ? undefined : await held.answer.catch(() => undefined);
      const found = answer?.find(isWanted);
      if (found !== undefined || (answer !== undefined && held.number > asBegun)) return found;
      if (this.#lists.get(apiVersion) === held) this.#lists.delete(apiVersion);
    }
    return (await this.#keep(this.#lists, { key: apiVersion, answer: this.#ask(gvk, signal) })).find(isWanted);
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
    const { group } = kind;
    const asBegun = this.#questions;
    const held = this.#versions.get(group);
    const found =
      held === undefined || this.#isOld(held) ? undefined : await this.#findIn(await orNone(held.answer), kind);
    if (found !== undefined) return found;
    const asked = this.#versions.get(group);
    const isNews = asked !== undefined && asked.number > asBegun;
    const answer = isNews ? asked.answer : this.#keep(this.#versions, { key: group, answer: this.#askVersions(group) });
    return this.#findIn(await answer, kind);
  }

  /** A kind of this group turned out not to be served any more: the next to ask is answered anew. */
  forget(group: string): void {
    this.#versions.delete(group);
    for (const apiVersion of this.#lists.keys()) {
      if (group === '' ? !apiVersion.includes('/') : apiVersion.startsWith(`${group}/`)) this.#lists.delete(apiVersion);
    }
  }

  #isOld({ atMs }: Asked<unknown>): boolean {
    return this.#clock.monotonic() - atMs >= believedMs;
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
      const named = [answer.preferredVersion, ...(answer.versions ?? [])].flatMap((each) => each?.version ?? []);
      return [...new Set(named)];
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND')) return [];
      throw error;
    }
  }

  #keep<T>(map: Map<string, Asked<T>>, { key, answer }: { readonly key: string; readonly answer: Promise<T> }) {
    this.#questions += 1;
    const asked = { answer, atMs: this.#clock.monotonic(), number: this.#questions };
    map.set(key, asked);
    answer.catch(() => {
      if (map.get(key) === asked) map.delete(key);
    });
    return answer;
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

/** What another caller asked may have failed for its own reasons. */
function orNone<T>(answer: Promise<readonly T[]>): Promise<readonly T[]> {
  return answer.catch(() => []);
}
