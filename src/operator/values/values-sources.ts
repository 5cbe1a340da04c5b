// The Secrets and ConfigMaps that values come from: watched by their metadata, read when they changed, and who refers to
// them. Shared by all kinds of one operator.
import { setImmediate } from 'node:timers/promises';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { WatchHub } from '../../kube/watch-hub.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { ReferenceIndex } from './reference-index.ts';
import { resourceOf, SourceWatch, versionOf } from './source-watch.ts';
import { mergeLayers, type Values } from './values.ts';
import type { NamedReference } from './values-annotation.ts';
import {
  describeSource,
  forbiddenSource,
  maxTextLength,
  type SourceData,
  type SourceName,
  type SourceTexts,
  sourceTextOf,
  valuesOf,
} from './values-from.ts';

/** What is to be read. */
export interface ValuesRequest {
  /** Later ones win. */
  readonly references: readonly NamedReference[];
  /** Where all of them are. */
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** What references give. */
export interface ValuesLayer {
  readonly values: Values;
  /** Those of them that came out of Secrets. */
  readonly secrets: readonly Values[];
  /** The sources that gave any, by name, each once. */
  readonly sources: readonly string[];
}

/** The sources as one kind of resources uses them. */
export interface ValuesReader {
  /**
   * Reads the layer of a resource. From then on a change of these sources, and of no others, is told about its key. Nothing
   * is requested as long as nothing changed. @throws ValuesSourceError, ApiError
   */
  read(key: string, request: ValuesRequest): Promise<ValuesLayer>;
  /** The resource is gone, or refers to nothing any more. */
  forget(key: string): void;
}

/** Options of {@link ValuesSources}. */
export interface ValuesSourcesOptions {
  readonly hub: WatchHub;
  readonly client: KubeClient;
  /** Where resources are; empty: in all namespaces. */
  readonly namespaces: readonly string[];
  readonly log: Logger;
}

/** What was read of an object: no more than the keys that somebody refers to. */
interface Content {
  readonly version: string;
  /** Undefined where there is no object. */
  readonly texts: SourceTexts | undefined;
}

interface Wanted {
  readonly dataKeys: readonly string[];
  readonly signal: AbortSignal;
}

interface User {
  readonly notify: () => void;
}

/** A kind's watch is started when one of it is first referred to. */
export class ValuesSources {
  readonly #options: ValuesSourcesOptions;
  readonly #index = new ReferenceIndex<User>();
  readonly #watches = new Map<SourceName['kind'], SourceWatch>();
  readonly #contents = new Map<string, Content>();

  constructor(options: ValuesSourcesOptions) {
    this.#options = options;
  }

  /** A reader for the resources of one kind. `onChange` is told the key of each that a change concerns. */
  readerFor(onChange: (key: string) => void): ValuesReader {
    const users = new Map<string, User>();
    const forget = (key: string): void => {
      const user = users.get(key);
      if (user !== undefined) this.#release(this.#index.replace(user, []));
      users.delete(key);
    };
    return {
      read: async (key, request) => {
        if (request.references.length === 0) {
          forget(key);
          return { values: {}, secrets: [], sources: [] };
        }
        const user = users.get(key) ?? { notify: () => onChange(key) };
        users.set(key, user);
        return this.#read(user, request);
      },
      forget,
    };
  }

  async #read(user: User, { references, namespace, signal }: ValuesRequest): Promise<ValuesLayer> {
    const named = references.map((reference) => {
      const { kind, name, valuesKey } = reference;
      const source: SourceName = { kind, namespace, name };
      return { reference, name: source, source: describeSource(source), dataKey: valuesKey };
    });
    this.#release(this.#index.replace(user, named));
    const contents = new Map<string, Promise<Content>>();
    for (const { name, source } of named) {
      if (contents.has(source)) continue;
      const dataKeys = named.filter((each) => each.source === source).map(({ dataKey }) => dataKey);
      contents.set(source, this.#content(name, { dataKeys, signal }));
    }
    await Promise.allSettled(contents.values()); // of several that fail the first is named, whichever was faster
    const layers: Values[] = [];
    const secrets: Values[] = [];
    const sources = new Set<string>();
    const budget = { left: maxTextLength.ofAll };
    for (const { reference, name, source } of named) {
      const layer = valuesOf(reference, { name, texts: (await contents.get(source))?.texts, budget });
      layers.push(layer);
      if (Object.keys(layer).length > 0)
        sources.add(`${source}${reference.isAnnotated === true ? ' (by annotation)' : ''}`);
      if (name.kind === 'Secret') secrets.push(layer);
      await setImmediate(); // parsing takes up to a second each: probes and the Lease must not wait for all of them
    }
    return { values: mergeLayers(layers), secrets, sources: [...sources] };
  }

  /** Nobody's data is kept longer than it is needed. */
  #release(sources: readonly string[]): void {
    for (const source of sources) this.#contents.delete(source);
  }

  /** What stands under these keys: as it was read last, if the watch says that nothing changed since. */
  async #content(name: SourceName, wanted: Wanted): Promise<Content> {
    const watch = this.#watch(name.kind);
    await watch.settled(wanted.signal);
    const held = this.#contents.get(describeSource(name));
    const isCurrent = held !== undefined && held.version === watch.versionOf(name);
    const isEnough = wanted.dataKeys.every((dataKey) => held?.texts === undefined || held.texts.has(dataKey));
    return isCurrent && isEnough ? held : this.#fetch(name, wanted);
  }

  async #fetch(name: SourceName, { dataKeys, signal }: Wanted): Promise<Content> {
    const object = await this.#get(name, signal);
    const source = describeSource(name);
    const others = this.#index.dataKeysOf(source);
    const content: Content = {
      version: versionOf(object),
      texts: object === undefined ? undefined : textsOf(name.kind, { object, dataKeys: [...others, ...dataKeys] }),
    };
    if (others.size > 0) this.#contents.set(source, content);
    return content;
  }

  async #get(
    { kind, namespace, name }: SourceName,
    signal: AbortSignal,
  ): Promise<(KubeObject & SourceData) | undefined> {
    try {
      return await this.#options.client.find<KubeObject & SourceData>(resourceOf(kind), { namespace, name, signal });
    } catch (error) {
      if (isApiError(error, 'API_FORBIDDEN')) throw forbiddenSource({ kind, namespace, name }, error);
      throw error;
    }
  }

  #watch(kind: SourceName['kind']): SourceWatch {
    const held = this.#watches.get(kind);
    if (held !== undefined) return held;
    const onChange = (source: SourceName): void => {
      for (const user of this.#index.usersOf(describeSource(source))) user.notify();
    };
    const watch = new SourceWatch({ ...this.#options, kind, onChange });
    this.#watches.set(kind, watch);
    return watch;
  }
}

function textsOf(
  kind: SourceName['kind'],
  { object, dataKeys }: { readonly object: SourceData; readonly dataKeys: readonly string[] },
): SourceTexts {
  return new Map(dataKeys.map((dataKey) => [dataKey, sourceTextOf(kind, object, dataKey)]));
}
