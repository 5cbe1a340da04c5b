// Which cluster, as whom, and over which sockets: credentials kept fresh, sockets kept open.
import { isDeepStrictEqual } from 'node:util';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import type { ClientNode } from './client-node.ts';
import { CredentialSource } from './credential-source.ts';
import { ApiError } from './errors.ts';
import { type KubeconfigOptions, loadKubeconfig } from './kubeconfig.ts';

/** What a request needs to be let in. The same object for as long as nothing about it changes. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** How long headers are used before the kubeconfig is asked again: tokens of a pod are renewed on disk. */
const credentialsMaxAgeMs = 60_000;

interface HeldCredentials {
  readonly value: Credentials;
  readonly readAtMs: number;
  readonly fingerprint: string;
}

interface Renewal {
  /** Whether what is remembered of tokens and plugins is forgotten first. */
  readonly isAnew: boolean;
  readonly credentials: Promise<Credentials>;
}

/** A cluster and a user. One connection keeps one pool of sockets. */
export class Connection {
  /** `https://host:port`, possibly with a path. */
  readonly server: string;
  /** The context's name. */
  readonly context: string;
  /** Whether this is the pod's own service account, and no kubeconfig: a name alone would not tell. */
  readonly isInCluster: boolean;
  /** The context's namespace, `default` where it names none. */
  readonly namespace: string;
  readonly #source: CredentialSource;
  #credentials: HeldCredentials | undefined;
  #renewal: Renewal | undefined;

  constructor(library: ClientNode, kubeConfig: KubeConfig, options: { readonly isInCluster?: boolean } = {}) {
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) {
      throw new ApiError('KUBECONFIG_INVALID', 'the kubeconfig names no cluster for its context', {
        isTerminal: true,
        remedy: 'Choose a context with --context, or set current-context (kubectl config use-context NAME).',
      });
    }
    this.isInCluster = options.isInCluster ?? false;
    this.#source = new CredentialSource(library, kubeConfig);
    this.server = cluster.server.replace(/\/+$/, '');
    if (!URL.canParse(this.server)) {
      throw new ApiError('KUBECONFIG_INVALID', `the kubeconfig's server "${cluster.server}" is not a URL`, {
        isTerminal: true,
        remedy: `Correct clusters[].cluster.server of "${cluster.name}", for example https://HOST:6443.`,
      });
    }
    this.context = kubeConfig.getCurrentContext();
    this.namespace = kubeConfig.getContextObject(this.context)?.namespace ?? 'default';
  }

  /**
   * Headers and sockets for a request. The sockets are kept while the certificates stay the same. Callers that need new
   * credentials at the same time share them. `refused` is what the server did not let in: where these are still the ones,
   * tokens are read anew and plugins asked again, whatever they said about how long their answer holds.
   * @throws ApiError `API_UNAUTHORIZED` where there are none
   */
  async credentials(options: { readonly refused?: Credentials } = {}): Promise<Credentials> {
    const held = this.#credentials;
    const isRefused = held !== undefined && held.value === options.refused;
    const isYoung = held !== undefined && performance.now() - held.readAtMs < credentialsMaxAgeMs;
    if (isYoung && !isRefused) return held.value;
    const running = this.#renewal;
    if (running !== undefined && (running.isAnew || !isRefused)) return running.credentials;
    const renewal: Renewal = {
      isAnew: isRefused,
      credentials: Promise.resolve(running?.credentials.catch(() => undefined))
        .then(() => this.#renew({ isAnew: isRefused }))
        .finally(() => {
          if (this.#renewal === renewal) this.#renewal = undefined;
        }),
    };
    this.#renewal = renewal;
    return renewal.credentials;
  }

  /**
   * New requests get new sockets; those in flight keep theirs. For when a socket went silent: the network may have
   * forgotten all of them, and each dead one would cost the request that picks it a time-out.
   */
  renewSockets(): void {
    retire(this.#credentials?.value.dispatcher);
    this.#credentials = undefined;
  }

  async #renew({ isAnew }: { readonly isAnew: boolean }): Promise<Credentials> {
    if (isAnew) this.#source.forget();
    const { headers, fingerprint, openSockets } = await this.#source.ask();
    const held = this.#credentials; // now, and not before the wait: its sockets may have been retired meanwhile
    let value: Credentials;
    if (held?.fingerprint === fingerprint) {
      value = isDeepStrictEqual(held.value.headers, headers) ? held.value : { ...held.value, headers };
    } else {
      value = { headers, dispatcher: await openSockets() };
      retire(held?.value.dispatcher);
    }
    this.#credentials = { value, readAtMs: performance.now(), fingerprint };
    return value;
  }

  /** Closes the sockets; requests in flight end with an error, those on sockets renewed meanwhile with their own signal. */
  async close(): Promise<void> {
    const held = this.#credentials;
    this.#credentials = undefined;
    await held?.value.dispatcher.destroy();
  }
}

/** No new requests: it ends with its last one. */
function retire(dispatcher: Dispatcher | undefined): void {
  dispatcher?.close().catch(() => undefined); // it was destroyed meanwhile
}

/**
 * Opens the connection that kubectl would use. The library is loaded here, not at import: `--help` need not pay for it.
 * @throws ApiError `KUBECONFIG_INVALID` where a file is missing or broken, or the context does not exist.
 */
export async function connect(options: KubeconfigOptions): Promise<Connection> {
  const { clientNode: library } = await import('./client-node.ts');
  const { kubeConfig, isInCluster } = loadKubeconfig(library, options);
  return new Connection(library, kubeConfig, { isInCluster });
}
