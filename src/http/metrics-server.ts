// /metrics for Prometheus, for those whose token the API server vouches for (DESIGN.md §9).
import { type HttpAnswer, notFound, type RunningServer, startHttpServer } from './http-server.ts';
import type { KeyAndCertificate } from './self-signed.ts';

/** Options of {@link startMetricsServer}. */
export interface MetricsServerOptions {
  /** As {@link import('./http-server.ts').HttpServerOptions.address}. */
  readonly address: string;
  /** The text, and its content type. */
  readonly expose: () => Promise<{ readonly contentType: string; readonly body: string }>;
  /** The verdict on a bearer token for a path. What it throws becomes 503: nobody is let in unasked. */
  readonly review: (token: string, path: string) => Promise<'allowed' | 'unauthenticated' | 'forbidden'>;
  /** As {@link import('./http-server.ts').HttpServerOptions.tls}. */
  readonly tls?: KeyAndCertificate;
}

const unauthorized: HttpAnswer = {
  status: 401,
  headers: { 'www-authenticate': 'Bearer' },
  body: 'a bearer token that the API server knows is needed\n',
};
const forbidden: HttpAnswer = {
  status: 403,
  body: 'the token is not allowed to get /metrics: bind the ClusterRole bookstore-operator-metrics-reader\n',
};

/** Starts to answer. @throws HttpServerError */
export function startMetricsServer(options: MetricsServerOptions): Promise<RunningServer> {
  const { address, expose, review, tls } = options;
  return startHttpServer({
    address,
    ...(tls === undefined ? {} : { tls }),
    flag: '--metrics-bind-address',
    handle: async (path, request) => {
      if (path !== '/metrics') return notFound;
      const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined) return unauthorized;
      let verdict: Awaited<ReturnType<typeof review>>;
      try {
        verdict = await review(token, path);
      } catch {
        return { status: 503, body: 'the API server cannot be asked about the token\n' };
      }
      if (verdict !== 'allowed') return verdict === 'forbidden' ? forbidden : unauthorized;
      return { status: 200, ...(await expose()) };
    },
  });
}
