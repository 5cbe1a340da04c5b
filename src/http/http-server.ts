// A small HTTP server: an address, one handler, and an end that waits for nobody.
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CodedError } from '../lib/coded-error.ts';
import type { KeyAndCertificate } from './self-signed.ts';

/** What cannot be listened on. */
export class HttpServerError extends CodedError<'ADDRESS_INVALID' | 'ADDRESS_IN_USE'> {}

/** An answer. */
export interface HttpAnswer {
  readonly status: number;
  /** Default `text/plain; charset=utf-8`. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Options of {@link startHttpServer}. */
export interface HttpServerOptions {
  /** `:8081`, `127.0.0.1:8081`, `[::1]:8081`; port 0 takes a free one. */
  readonly address: string;
  /** The flag that the address came from, for messages. */
  readonly flag: string;
  /** Answers a request by its path, without the query. What it throws becomes 500. */
  readonly handle: (path: string, request: IncomingMessage) => HttpAnswer | Promise<HttpAnswer>;
  /** Serve HTTPS with this. Default HTTP. */
  readonly tls?: KeyAndCertificate;
}

/** A running server. */
export interface RunningServer {
  readonly port: number;
  /** Ends it and every connection. */
  stop(): Promise<void>;
}

/** The answer to a path that is not there. */
export const notFound: HttpAnswer = { status: 404, body: 'not found\n' };

/** Starts to answer. @throws HttpServerError */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const { host, port } = parseAddress(options.address);
  const server = newServer(options.tls, (request, response) => {
    const path = request.url?.split('?')[0] ?? '/';
    Promise.resolve()
      .then(() => options.handle(path, request))
      .catch((): HttpAnswer => ({ status: 500, body: 'internal error\n' }))
      .then(({ status, contentType = 'text/plain; charset=utf-8', headers, body }) => {
        response.writeHead(status, { ...headers, 'content-type': contentType });
        response.end(body);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(options, cause)));
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function newServer(tls: KeyAndCertificate | undefined, listener: RequestListener): Server {
  return tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
}

function parseAddress(address: string): { readonly host: string | undefined; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new HttpServerError('ADDRESS_INVALID', `"${address}" is not an address to listen on`, {
      isTerminal: true,
      remedy: 'Write it as HOST:PORT or :PORT, for example :8081.',
    });
  }
  const host = match[1] ?? match[2];
  return { host: host === '' ? undefined : host, port };
}

function cannotListen(options: HttpServerOptions, cause: NodeJS.ErrnoException): HttpServerError {
  return new HttpServerError('ADDRESS_IN_USE', `cannot listen on ${options.address}: ${cause.code ?? cause.message}`, {
    cause,
    isTerminal: true,
    remedy: `Choose another with ${options.flag}, or 0 for none.`,
  });
}
