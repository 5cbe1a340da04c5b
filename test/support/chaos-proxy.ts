// A proxy in front of the real API server that does to its clients what networks and overloaded servers do, on command.
//
// It terminates TLS itself, speaks HTTP/1.1, and goes on as the admin of the kubeconfig that it is given; bodies are
// streamed both ways. Clients use the kubeconfig that it writes. Everything is steered from the test's own process:
//
//   await using proxy = await ChaosProxy.start({ kubeconfig });
//   const { client } = await openClient({ kubeconfig: proxy.kubeconfig, homeDir });
//   proxy.faults.add({ ...tooManyRequests(1), where: { path: /configmaps/ }, forMs: 5_000 });
//   const heal = proxy.halfOpen();
//   expect(proxy.log.busiest({ isWatch: true })).toBeLessThan(30);
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { issueCertificate } from '../../src/lib/certificate.ts';
import { isChosen, type SeenRequest, type Selector, statusBody } from './chaos/fault.ts';
import { FaultSet } from './chaos/fault-set.ts';
import { FrontDoor, type HalfOpenScope } from './chaos/front-door.ts';
import { type LoggedRequest, RequestLog } from './chaos/request-log.ts';
import { Upstream } from './chaos/upstream.ts';
import { WatchRelay } from './chaos/watch-relay.ts';

/** How to start. */
export interface ChaosProxyOptions {
  /** Of the real API server, as `local up` writes it. */
  readonly kubeconfig: string;
  /** A number in [0, 1), for latency between bounds. Default Math.random. */
  readonly random?: () => number;
}

/** A running proxy. Dispose it: no socket, timer or file stays. */
export class ChaosProxy implements AsyncDisposable {
  /** What goes wrong now. */
  readonly faults = new FaultSet(() => this.#flush());
  /** What was asked. */
  readonly log = new RequestLog();
  readonly #upstream: Upstream;
  readonly #server: Server;
  readonly #dir: string;
  readonly #random: () => number;
  readonly #door: FrontDoor;
  readonly #watches = new Set<WatchRelay>();
  readonly #sockets = new Set<Socket>();

  private constructor(
    upstream: Upstream,
    own: { readonly server: Server; readonly dir: string; readonly random: () => number },
  ) {
    this.#upstream = upstream;
    this.#server = own.server;
    this.#dir = own.dir;
    this.#random = own.random;
    this.#door = new FrontDoor((own.server.address() as AddressInfo).port);
    own.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#serve(request, response);
    });
    own.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    own.server.on('tlsClientError', () => undefined); // a client went away while it shook hands
  }

  static async start(options: ChaosProxyOptions): Promise<ChaosProxy> {
    const upstream = await Upstream.open(options.kubeconfig);
    const server = createServer({ ...selfSigned(), keepAliveTimeout: 60_000, requestTimeout: 0 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const dir = await mkdtemp(join(tmpdir(), 'chaos-proxy-'));
    const proxy = new ChaosProxy(upstream, { server, dir, random: options.random ?? Math.random });
    await proxy.#door.open();
    await writeFile(proxy.kubeconfig, kubeconfigFor(proxy.url), { mode: 0o600 });
    return proxy;
  }

  /** `https://127.0.0.1:…`; the same when the door was shut and opened again. */
  get url(): string {
    return `https://127.0.0.1:${this.#door.port}`;
  }

  /** Path of the kubeconfig for clients. */
  get kubeconfig(): string {
    return join(this.#dir, 'kubeconfig');
  }

  /** Connections of clients that are open. */
  get connections(): number {
    return this.#door.connections;
  }

  /** Connections of clients since the start. */
  get connectionsSeen(): number {
    return this.#door.seen;
  }

  /** Watches that are open. */
  get openWatches(): number {
    return this.#watches.size;
  }

  /** Swallows the bytes of connections both ways, which stay open; what comes back ends it for new connections. */
  halfOpen(scope: HalfOpenScope = {}): () => void {
    return this.#door.halfOpen(scope);
  }

  /** Refuses connections, and resets those that are there. */
  refuse(): Promise<void> {
    return this.#door.shut();
  }

  /** Takes connections again. */
  accept(): Promise<void> {
    return this.#door.open();
  }

  /** Resets all connections. */
  cutConnections(): void {
    this.#door.cut();
  }

  /** Ends open watches, as the API server does it when their time is over; gives back how many. */
  endWatches(where?: Selector): number {
    return this.#eachWatch(where, (watch) => watch.end());
  }

  /** Cuts open watches; gives back how many. */
  cutWatches(where?: Selector): number {
    return this.#eachWatch(where, (watch) => watch.cut());
  }

  /** Sends an ERROR event on open watches, which ends them; gives back how many. */
  sendError(status: { readonly code: number; readonly reason: string }, where?: Selector): number {
    return this.#eachWatch(where, (watch) => watch.sendError(status));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.faults.clear();
    await this.#door.shut();
    for (const socket of this.#sockets) socket.destroy();
    this.#upstream.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const logged = this.log.add(describe(request));
    try {
      const latency = this.faults.strike(logged, 'latency');
      if (latency !== undefined) await delay(this.#delayOf(latency.delayMs), undefined, { signal: gone.signal });
      if (!this.#answerWithFault(logged, response)) {
        await this.#forward({ request, response, logged }, gone.signal);
      }
    } catch {
      response.socket?.destroy(); // the API server, or the client, is gone: the other is told in the only way there is
    }
  }

  /** True where a fault has answered, or keeps silent. */
  #answerWithFault(logged: LoggedRequest, response: ServerResponse): boolean {
    if (this.faults.strike(logged, 'silence') !== undefined) return true;
    const isContinued = new URLSearchParams(logged.url.split('?')[1]).has('continue');
    const expired = isContinued && this.faults.strike(logged, 'expired-token') !== undefined;
    const fault = expired
      ? { code: 410, reason: 'Expired', retryAfterS: undefined }
      : this.faults.strike(logged, 'status');
    if (fault !== undefined) {
      const { code, retryAfterS } = fault;
      const headers = {
        connection: 'keep-alive',
        ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
      };
      logged.status = code;
      response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(statusBody(fault));
      return true;
    }
    if (!logged.isWatch) return false;
    const event = this.faults.strike(logged, 'error-event');
    if (event === undefined && this.faults.strike(logged, 'empty-watch') === undefined) return false;
    logged.status = 200;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(event === undefined ? '' : `{"type":"ERROR","object":${statusBody(event)}}\n`);
    return true;
  }

  async #forward(
    exchange: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly logged: LoggedRequest },
    signal: AbortSignal,
  ): Promise<void> {
    const { request, response, logged } = exchange;
    const answer = await this.#upstream.send(request, signal);
    const { statusCode = 502, headers } = answer;
    logged.status = statusCode;
    const { connection: _own, 'keep-alive': _too, 'transfer-encoding': _chunked, ...sent } = headers;
    response.writeHead(statusCode, { ...sent, connection: 'keep-alive' }); // and no Keep-Alive header: Go sends none
    response.flushHeaders();
    if (!logged.isWatch && this.faults.strike(logged, 'half-answer') !== undefined) {
      const whole = await buffer(answer);
      response.write(whole.subarray(0, whole.length / 2), () => response.socket?.destroy());
      return;
    }
    if (!logged.isWatch || statusCode !== 200) {
      answer.on('error', () => response.destroy());
      answer.pipe(response);
      return;
    }
    const relay = new WatchRelay(logged, { answer, response, faults: this.faults });
    this.#watches.add(relay);
    await relay.run().finally(() => this.#watches.delete(relay));
  }

  #delayOf(delayMs: number | readonly [number, number]): number {
    if (typeof delayMs === 'number') return delayMs;
    const [min, max] = delayMs;
    return min + (max - min) * this.#random();
  }

  #eachWatch(where: Selector | undefined, act: (watch: WatchRelay) => void): number {
    const chosen = [...this.#watches].filter((watch) => watch.isOpen && isChosen(watch.request, where));
    for (const watch of chosen) act(watch);
    return chosen.length;
  }

  #flush(): void {
    for (const watch of this.#watches) watch.flush();
  }
}

function describe({ method = '', url = '', headers }: IncomingMessage): SeenRequest {
  const [path = '', query] = url.split('?');
  const watch = new URLSearchParams(query).get('watch');
  return { method, url, path, isWatch: watch === 'true' || watch === '1', userAgent: headers['user-agent'] ?? '' };
}

function selfSigned(): { readonly key: string; readonly cert: string } {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = { commonName: 'chaos proxy' };
  const dayMs = 86_400_000;
  const cert = issueCertificate({
    subject,
    key,
    issuer: { subject, key },
    use: 'server',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
  });
  return { key: key.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'chaos',
    clusters: [{ name: 'chaos', cluster: { server, 'insecure-skip-tls-verify': true } }],
    contexts: [{ name: 'chaos', context: { cluster: 'chaos', user: 'chaos' } }],
    users: [{ name: 'chaos', user: { token: 'any' } }],
  });
}
