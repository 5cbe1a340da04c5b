// The probes of the pod: /healthz says that the process answers, /readyz that it does its work.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CodedError } from '../lib/coded-error.ts';

/** What cannot be listened on. */
export class ProbeError extends CodedError<'ADDRESS_INVALID' | 'ADDRESS_IN_USE'> {}

/** Options of {@link startProbeServer}. */
export interface ProbeServerOptions {
  /** `:8081`, `127.0.0.1:8081`, `[::1]:8081`; port 0 takes a free one. */
  readonly address: string;
  /** What `/readyz` answers: an empty list is ready, otherwise what is waited for. */
  readonly waitingFor: () => readonly string[];
}

/** A running server. */
export interface ProbeServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts to answer. @throws ProbeError */
export async function startProbeServer(options: ProbeServerOptions): Promise<ProbeServer> {
  const { host, port } = parseAddress(options.address);
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const waitingFor = path === '/readyz' ? options.waitingFor() : [];
    const isKnown = path === '/healthz' || path === '/readyz';
    response.statusCode = !isKnown ? 404 : waitingFor.length === 0 ? 200 : 503;
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end(
      !isKnown ? 'not found\n' : waitingFor.length === 0 ? 'ok\n' : `waiting for ${waitingFor.join(', ')}\n`,
    );
  });
  await listen(server, { host, port, address: options.address });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parseAddress(address: string): { readonly host: string | undefined; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new ProbeError('ADDRESS_INVALID', `"${address}" is not an address to listen on`, {
      isTerminal: true,
      remedy: 'Write it as HOST:PORT or :PORT, for example :8081.',
    });
  }
  const host = match[1] ?? match[2];
  return { host: host === '' ? undefined : host, port };
}

function listen(
  server: Server,
  target: { readonly host: string | undefined; readonly port: number; readonly address: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new ProbeError('ADDRESS_IN_USE', `cannot listen on ${target.address}: ${cause.code ?? cause.message}`, {
          cause,
          isTerminal: true,
          remedy: 'Choose another with --health-probe-bind-address, or 0 for none.',
        }),
      );
    });
    server.listen(target.port, target.host, () => {
      server.on('error', () => undefined); // a connection that could not be accepted: the next probe comes by itself
      resolve();
    });
  });
}
