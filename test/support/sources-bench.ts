// The sources of values as an operator has them, asked through a proxy that counts what the API server is asked.
import { type OpenClient, openClient } from '../../src/kube/open-client.ts';
import { WatchHub } from '../../src/kube/watch-hub.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type ValuesReader, ValuesSources } from '../../src/operator/values-sources.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { ChaosProxy } from './chaos-proxy.ts';
import { testCluster } from './test-context.ts';

/** Dispose it: no watch and no proxy stays. */
export class SourcesBench implements AsyncDisposable {
  readonly proxy: ChaosProxy;
  readonly logged: string[] = [];
  /** Keys that were told, as `reader key`. */
  readonly told: string[] = [];
  readonly sources: ValuesSources;
  /** Added to the clock of the watches. */
  passedMs = 0;
  readonly #proxied: OpenClient;
  readonly #stop = new AbortController();
  readonly #hub: WatchHub;

  constructor(proxy: ChaosProxy, proxied: OpenClient, namespaces: readonly string[]) {
    this.proxy = proxy;
    this.#proxied = proxied;
    const { client } = proxied;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + this.passedMs };
    this.#hub = new WatchHub({ client, signal: this.#stop.signal, clock });
    const log = createLogger({ level: 'info', destination: { write: (line) => void this.logged.push(line) } });
    this.sources = new ValuesSources({ hub: this.#hub, client, namespaces, log });
  }

  static async start(...namespaces: readonly string[]): Promise<SourcesBench> {
    const { kubeconfig, testRoot } = testCluster();
    const proxy = await ChaosProxy.start({ kubeconfig });
    const proxied = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: testRoot, userAgent: 'test' });
    return new SourcesBench(proxy, proxied, namespaces);
  }

  reader(name: string): ValuesReader {
    return this.sources.readerFor((key) => this.told.push(`${name} ${key}`));
  }

  /** Requests for single objects so far. */
  get gets(): number {
    return this.proxy.log.count({ method: 'GET', path: /\/(secrets|configmaps)\/[^/]+$/ });
  }

  /** Lists and watches so far, as `secrets` or `secrets (watch)`. */
  get collections(): readonly string[] {
    return this.proxy.log
      .list({ path: /\/(secrets|configmaps)$/ })
      .map(({ path, isWatch }) => `${path.split('/').at(-1)}${isWatch ? ' (watch)' : ''}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#hub.stopped();
    await this.#proxied.close();
    await this.proxy[Symbol.asyncDispose]();
  }
}
