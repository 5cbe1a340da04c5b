// Headers and certificates as the kubeconfig, its files and its plugins give them, and the sockets that go with them.
import type { AgentOptions, RequestOptions } from 'node:https';
import type { DispatcherOptions, KubeConfig } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { errorText } from '../lib/error-text.ts';
import type { ClientNode } from './client-node.ts';
import { ApiError } from './errors.ts';
import { openSockets } from './sockets.ts';

/** What a kubeconfig gave. */
export interface GivenCredentials {
  readonly headers: Readonly<Record<string, string>>;
  /** Equal where the same sockets will do. */
  readonly fingerprint: string;
  readonly openSockets: () => Promise<Dispatcher>;
}

/** Asks a kubeconfig for the credentials of its context. */
export class CredentialSource {
  readonly #library: ClientNode;
  #kubeConfig: KubeConfig;

  constructor(library: ClientNode, kubeConfig: KubeConfig) {
    this.#library = library;
    this.#kubeConfig = kubeConfig;
  }

  /**
   * Files are read again, tokens from files at most once a minute; plugins run when their last answer has expired.
   * @throws ApiError `API_UNAUTHORIZED`
   */
  async ask(): Promise<GivenCredentials> {
    const kubeConfig = this.#kubeConfig;
    const given: RequestOptions = {};
    try {
      await kubeConfig.applyToHTTPSOptions(given);
      const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = given;
      const tls: AgentOptions = { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized };
      const options = kubeConfig.createDispatcherOptions(kubeConfig.getCurrentCluster(), tls);
      return {
        headers: headersOf(given),
        fingerprint: Object.values(tls).map(String).join('|'),
        openSockets: () => this.#open(options),
      };
    } catch (cause) {
      throw this.#unusable(cause);
    }
  }

  /** Whatever tokens and plugins' answers are remembered: the server does not take them any more. */
  forget(): void {
    const { clusters, users, contexts, currentContext } = this.#kubeConfig;
    this.#kubeConfig = new this.#library.KubeConfig();
    this.#kubeConfig.loadFromOptions({ clusters, users, contexts, currentContext });
  }

  /** @throws ApiError `API_UNAUTHORIZED` for certificates that cannot be read */
  async #open(options: DispatcherOptions): Promise<Dispatcher> {
    try {
      return options.type === 'socks' ? await this.#socksSockets() : openSockets(options);
    } catch (cause) {
      throw this.#unusable(cause);
    }
  }

  #unusable(cause: unknown): ApiError {
    const context = this.#kubeConfig.getCurrentContext();
    return new ApiError('API_UNAUTHORIZED', `cannot get credentials for context ${context}: ${errorText(cause)}`, {
      cause,
      remedy: 'Check the user of the kubeconfig context (kubectl auth whoami).',
    });
  }

  /** SOCKS is spoken by the library alone, which leaves no times to choose. */
  async #socksSockets(): Promise<Dispatcher> {
    const { server = '' } = this.#kubeConfig.getCurrentCluster() ?? {};
    const context = new this.#library.RequestContext(server, this.#library.HttpMethod.GET);
    await this.#kubeConfig.applySecurityAuthentication(context);
    return context.getDispatcher() ?? openSockets({ type: 'none' });
  }
}

/** Names in lower case, lest what the transport sets be sent besides: the API server would take the first of both. */
function headersOf({ auth, headers = {} }: RequestOptions): Record<string, string> {
  const basic = typeof auth !== 'string' ? {} : { authorization: `Basic ${Buffer.from(auth).toString('base64')}` };
  // a token file may end with a line feed, as client-go knows
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value).trim()]);
  return { ...basic, ...Object.fromEntries(own) };
}
