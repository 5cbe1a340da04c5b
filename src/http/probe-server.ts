// The probes of the pod: /healthz says that the process answers, /readyz that it does its work.
import { notFound, type RunningServer, startHttpServer } from './http-server.ts';

/** Options of {@link startProbeServer}. */
export interface ProbeServerOptions {
  /** As {@link import('./http-server.ts').HttpServerOptions.address}. */
  readonly address: string;
  /** What `/readyz` answers: an empty list is ready, otherwise what is waited for. */
  readonly waitingFor: () => readonly string[];
  /** Said by `/readyz` when ready: a standby is ready too. */
  readonly role?: () => string;
}

/** Starts to answer. @throws HttpServerError */
export function startProbeServer(options: ProbeServerOptions): Promise<RunningServer> {
  return startHttpServer({
    address: options.address,
    flag: '--health-probe-bind-address',
    handle: (path) => {
      if (path !== '/healthz' && path !== '/readyz') return notFound;
      const waitingFor = path === '/readyz' ? options.waitingFor() : [];
      const role = path === '/readyz' ? options.role?.() : undefined;
      return waitingFor.length === 0
        ? { status: 200, body: role === undefined ? 'ok\n' : `ok, ${role}\n` }
        : { status: 503, body: `waiting for ${waitingFor.join(', ')}\n` };
    },
  });
}
