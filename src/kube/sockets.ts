// The sockets of a connection: how long dialling may take, and how long an idle one is kept.
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { DispatcherOptions } from '@kubernetes/client-node';
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from 'undici';

/**
 * TCP and TLS together. client-go waits for 30 s; a network that swallows packets and comes back is found out sooner by
 * dialling again, and who is refused for good is told sooner. undici's clock for it is coarse: up to a second more.
 */
export const connectTimeoutMs = 5_000;

/**
 * How long an idle socket is kept. Longer than the 5 s between renewals of a Lease, which undici's 4 s would make dial anew
 * each time; shorter than the 60 s after which load balancers commonly forget a connection and the 90 s after which the
 * API server closes it, so that it is we who close. A server that asks for less (`Keep-Alive: timeout`) gets that, less 2 s.
 */
export const idleMs = 45_000;

/** From when on an idle peer is asked at the TCP level whether it is there: client-go's. */
const probe = { keepAlive: true, keepAliveInitialDelay: 30_000 } as const;

const times = {
  connectTimeout: connectTimeoutMs,
  keepAliveTimeout: idleMs,
  keepAliveMaxTimeout: idleMs,
  keepAliveTimeoutThreshold: 2_000,
} as const;

/**
 * A pool of sockets for these certificates. It has no limit: HTTP/1.1 on purpose, each request in flight has a socket to
 * itself, so a watch that stalls holds up nobody, and any number of watches leave room for the next request.
 */
export function openSockets(options: Exclude<DispatcherOptions, { readonly type: 'socks' }>): Dispatcher {
  switch (options.type) {
    case 'proxy': {
      const requestTls = withContext(options.requestTls as buildConnector.BuildOptions);
      return new ProxyAgent({ ...times, allowH2: false, uri: options.uri, requestTls, proxyTls: probe });
    }
    case 'agent': {
      const connect = withContext(options.connect as buildConnector.BuildOptions);
      return new Agent({ ...times, allowH2: false, connect: { ...connect, ...probe } });
    }
    case 'none':
      return new Agent({ ...times, allowH2: false, connect: probe });
  }
}

/** The certificates read once for all sockets: left to each of them it costs some 5 ms, every time one is opened. */
function withContext(options: buildConnector.BuildOptions): buildConnector.BuildOptions {
  return { ...options, secureContext: createSecureContext(options as SecureContextOptions) };
}
