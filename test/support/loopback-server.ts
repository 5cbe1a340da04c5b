// An HTTP server of this process in the place of an API server: it answers as it is told, and remembers what came.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, connect } from '../../src/kube/connection.ts';

/** Answers one request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A request that came. */
export interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  /** Equal where requests came over one connection. */
  readonly port: number | undefined;
}

/** A running server. Dispose it: no socket stays. */
export class LoopbackServer implements AsyncDisposable {
  /** Taken from the front, one for each request; the last one stays. */
  handlers: Handler[] = [];
  readonly received: Received[] = [];
  /** Connections that were accepted. */
  connections = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', () => {
      this.connections += 1;
    });
    server.on('request', (request, response) => {
      const { method, url, headers, socket } = request;
      this.received.push({ method, url, headers, port: socket.remotePort });
      const handler = this.handlers.length > 1 ? this.handlers.shift() : this.handlers[0];
      request.resume();
      request.on('end', () => handler?.(request, response));
    });
  }

  /** As the API server's, an idle connection is kept for long, and nothing is said about it. */
  static async start(options: { readonly port?: number } = {}): Promise<LoopbackServer> {
    const server = createServer({ keepAliveTimeout: 0 });
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    return new LoopbackServer(server);
  }

  get port(): number {
    return portOf(this.#server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Takes connections and says nothing on them: TLS is never established. */
export class MuteServer implements AsyncDisposable {
  /** Connections that were accepted. */
  connections = 0;
  readonly #server: NetServer;
  readonly #sockets = new Set<Socket>();

  private constructor(server: NetServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('error', () => undefined); // the client went away
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(): Promise<MuteServer> {
    const server = createNetServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new MuteServer(server);
  }

  get port(): number {
    return portOf(this.#server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Answers with a status and JSON. */
export const answer =
  (status: number, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): Handler =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** Cuts the connection, as a server that closes an idle one just as the request is on its way. */
export const cut: Handler = (request) => request.socket.destroy();

/** Never answers. */
export const silence: Handler = () => undefined;

/** Where a server listens. */
export const portOf = (server: Pick<NetServer, 'address'>): number => (server.address() as AddressInfo).port;

/** A connection to `http://127.0.0.1:PORT/prefix`, or to any other server, with the token `secret`. */
export async function connectTo(
  server: number | string,
  options: { readonly cluster?: Readonly<Record<string, unknown>>; readonly user?: object } = {},
): Promise<Connection> {
  const url = typeof server === 'string' ? server : `http://127.0.0.1:${server}/prefix`;
  const trust = { 'insecure-skip-tls-verify': true };
  const config = {
    'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server: url, ...trust, ...options.cluster } }],
    users: [{ name: 'c', user: options.user ?? { token: 'secret' } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
  };
  const dir = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  try {
    const kubeconfig = join(dir, 'kubeconfig');
    await writeFile(kubeconfig, JSON.stringify(config));
    return await connect({ kubeconfig, homeDir: dir });
  } finally {
    await rm(dir, { recursive: true });
  }
}
