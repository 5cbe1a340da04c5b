// The real API server behind the proxy, as the user of a kubeconfig.
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { parse } from 'yaml';

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { server: string; 'certificate-authority-data': string } }];
  readonly users: readonly [{ readonly user: { 'client-certificate-data': string; 'client-key-data': string } }];
}

/** Headers that belong to one connection, or that the proxy sets itself. */
const ownHeaders = ['host', 'connection', 'authorization', 'transfer-encoding', 'keep-alive'];

/** Sends requests on, with the client certificate of the kubeconfig. */
export class Upstream {
  readonly #server: URL;
  readonly #agent: Agent;

  private constructor(server: URL, agent: Agent) {
    this.#server = server;
    this.#agent = agent;
  }

  /** Reads a kubeconfig of one cluster and one user with embedded certificates, as `local up` writes it. */
  static async open(kubeconfig: string): Promise<Upstream> {
    const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
    const [{ cluster }] = clusters;
    const [{ user }] = users;
    const pem = (data: string): Buffer => Buffer.from(data, 'base64');
    const agent = new Agent({
      keepAlive: true,
      ca: pem(cluster['certificate-authority-data']),
      cert: pem(user['client-certificate-data']),
      key: pem(user['client-key-data']),
    });
    return new Upstream(new URL(cluster.server), agent);
  }

  /** Sends a request with its body as a stream; the answer's body is one too. */
  send(from: IncomingMessage, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = { ...from.headers };
    for (const name of ownHeaders) delete headers[name];
    const { hostname, port } = this.#server;
    const options: RequestOptions = {
      hostname,
      port,
      method: from.method,
      path: from.url,
      headers,
      agent: this.#agent,
      signal,
    };
    return new Promise((resolve, reject) => {
      const sent = request(options, resolve);
      sent.on('error', reject);
      from.pipe(sent);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
