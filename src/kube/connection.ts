// Which cluster, as whom: the kubeconfig, read by @kubernetes/client-node, and its credentials kept fresh.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type * as ClientNode from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { errorText } from '../lib/error-text.ts';
import { ApiError } from './errors.ts';

/** Where to look for the cluster; the order is kubectl's. */
export interface ConnectionOptions {
  /** `--kubeconfig`, else `$KUBECONFIG` (a path list), else `~/.kube/config`, else the pod's own service account. */
  readonly kubeconfig?: string | undefined;
  /** `--context`; default the file's current context. */
  readonly context?: string | undefined;
  readonly homeDir: string;
}

/** What a request needs to be let in. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher | undefined;
}

/** How long headers are used before the kubeconfig is asked again: tokens of a pod are renewed on disk. */
const credentialsMaxAgeMs = 60_000;

interface HeldCredentials {
  readonly value: Credentials;
  readonly readAtMs: number;
  readonly fingerprint: string;
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
  readonly #library: typeof ClientNode;
  readonly #kubeConfig: ClientNode.KubeConfig;
  #credentials: HeldCredentials | undefined;
  #renewal: Promise<Credentials> | undefined;

  constructor(
    library: typeof ClientNode,
    kubeConfig: ClientNode.KubeConfig,
    options: { readonly isInCluster?: boolean } = {},
  ) {
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) {
      throw new ApiError('KUBECONFIG_INVALID', 'the kubeconfig names no cluster for its context', {
        isTerminal: true,
        remedy: 'Choose a context with --context, or set current-context (kubectl config use-context NAME).',
      });
    }
    this.isInCluster = options.isInCluster ?? false;
    this.#library = library;
    this.#kubeConfig = kubeConfig;
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
   * Headers and sockets for a request. The sockets are kept while the certificates stay the same: client-node would open
   * a new pool for each request. Callers that need new ones at the same time share them.
   */
  async credentials(options: { readonly isRefreshForced?: boolean } = {}): Promise<Credentials> {
    const held = this.#credentials;
    const isYoung = held !== undefined && performance.now() - held.readAtMs < credentialsMaxAgeMs;
    if (isYoung && options.isRefreshForced !== true) return held.value;
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  /**
   * New requests get new sockets; those in flight keep theirs. For when a socket went silent: the network may have
   * forgotten all of them, and each dead one would cost the request that picks it a time-out.
   */
  renewSockets(): void {
    retire(this.#credentials?.value.dispatcher);
    this.#credentials = undefined;
  }

  async #renew(): Promise<Credentials> {
    const context = new this.#library.RequestContext(this.server, this.#library.HttpMethod.GET);
    try {
      await this.#kubeConfig.applySecurityAuthentication(context);
    } catch (cause) {
      throw new ApiError(
        'API_UNAUTHORIZED',
        `cannot get credentials for context ${this.context}: ${errorText(cause)}`,
        {
          cause,
          remedy: 'Check the user of the kubeconfig context (kubectl auth whoami).',
        },
      );
    }
    const fingerprint = await this.#fingerprint();
    const fresh = context.getDispatcher();
    const held = this.#credentials; // now, and not before the waits: its sockets may have been retired meanwhile
    const isSameTls = held?.fingerprint === fingerprint;
    retire(isSameTls ? fresh : held?.value.dispatcher);
    const value = { headers: context.getHeaders(), dispatcher: isSameTls ? held?.value.dispatcher : fresh };
    this.#credentials = { value, readAtMs: performance.now(), fingerprint };
    return value;
  }

  /** Closes the sockets; requests in flight end with an error, those on sockets renewed meanwhile with their own signal. */
  async close(): Promise<void> {
    const held = this.#credentials;
    this.#credentials = undefined;
    await held?.value.dispatcher?.destroy();
  }

  async #fingerprint(): Promise<string> {
    const options: Record<string, unknown> = {};
    await this.#kubeConfig.applyToHTTPSOptions(options);
    return ['ca', 'cert', 'key', 'pfx', 'servername', 'rejectUnauthorized']
      .map((key) => String(options[key]))
      .join('|');
  }
}

/** No new requests: it ends with its last one. */
function retire(dispatcher: Dispatcher | undefined): void {
  dispatcher?.close().catch(() => undefined); // it was destroyed meanwhile
}

/**
 * Opens the connection that kubectl would use. The library is loaded here, not at import: it costs 0.4 s and 85 MB, which
 * `--help` need not pay.
 * @throws ApiError `KUBECONFIG_INVALID` where a file is missing or broken, or the context does not exist.
 */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  const library = await import('@kubernetes/client-node');
  const kubeConfig = new library.KubeConfig();
  const named = options.kubeconfig?.split(delimiter).filter((file) => file !== '') ?? [];
  const ofHome = join(options.homeDir, '.kube', 'config');
  const files = named.length === 0 && existsSync(ofHome) ? [ofHome] : named;
  const isInCluster = files.length === 0;
  try {
    if (files.length > 0) loadFiles(library, { kubeConfig, files });
    else if (existsSync('/var/run/secrets/kubernetes.io/serviceaccount/token')) kubeConfig.loadFromCluster();
    else throw noCluster();
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError(
      'KUBECONFIG_INVALID',
      `cannot read the kubeconfig ${files.join(delimiter)}: ${errorText(cause)}`,
      {
        cause,
        isTerminal: true,
        remedy: 'Name a readable kubeconfig with --kubeconfig or KUBECONFIG.',
      },
    );
  }
  if (options.context !== undefined) {
    const names = kubeConfig.getContexts().map((context) => context.name);
    if (!names.includes(options.context)) {
      throw new ApiError('KUBECONFIG_INVALID', `the kubeconfig has no context "${options.context}"`, {
        isTerminal: true,
        remedy: names.length === 0 ? 'It has none at all.' : `Choose one of: ${names.join(', ')}.`,
      });
    }
    kubeConfig.setCurrentContext(options.context);
  }
  return new Connection(library, kubeConfig, { isInCluster });
}

function loadFiles(
  library: typeof ClientNode,
  target: { readonly kubeConfig: ClientNode.KubeConfig; readonly files: readonly string[] },
): void {
  const { kubeConfig, files } = target;
  const existing = files.filter((file) => existsSync(file));
  const first = existing[0];
  if (first === undefined) {
    throw new ApiError('KUBECONFIG_INVALID', `no such kubeconfig: ${files.join(', ')}`, {
      isTerminal: true,
      remedy: 'Name an existing file with --kubeconfig or KUBECONFIG.',
    });
  }
  kubeConfig.loadFromFile(first);
  for (const file of existing.slice(1)) {
    const more = new library.KubeConfig();
    more.loadFromFile(file);
    mergeInto(kubeConfig, more);
  }
}

/** As kubectl merges: the first file to name a thing wins. client-node's own merge refuses a name that comes twice. */
function mergeInto(target: ClientNode.KubeConfig, more: ClientNode.KubeConfig): void {
  const isNew =
    (held: readonly { readonly name: string }[]) =>
    ({ name }: { readonly name: string }): boolean =>
      !held.some((each) => each.name === name);
  target.loadFromOptions({
    clusters: [...target.getClusters(), ...more.getClusters().filter(isNew(target.getClusters()))],
    users: [...target.getUsers(), ...more.getUsers().filter(isNew(target.getUsers()))],
    contexts: [...target.getContexts(), ...more.getContexts().filter(isNew(target.getContexts()))],
    currentContext: target.getCurrentContext() || more.getCurrentContext(),
  });
}

function noCluster(): ApiError {
  return new ApiError('KUBECONFIG_INVALID', 'no cluster to talk to: there is no kubeconfig and this is not a pod', {
    isTerminal: true,
    remedy: 'Set KUBECONFIG or --kubeconfig; `bookstore-operator local up` starts a local cluster.',
  });
}
