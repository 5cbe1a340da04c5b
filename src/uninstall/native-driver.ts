// Uninstalling natively: fast, and bounded over all releases together. The client waits where the server says 429, for all.
import type { KubeClient } from '../kube/client.ts';
import type { RequestGate } from '../kube/http.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { UninstallError } from './errors.ts';
import { uncovered } from './native-coverage.ts';
import { nativeUninstall } from './native-uninstall.ts';
import type { ProvenUninstaller, ProvenUninstallRequest } from './proven-uninstaller.ts';
import { requestLimit } from './request-limit.ts';
import { withinAttempt } from './within-attempt.ts';

/** Options of {@link nativeDriver}. */
export interface NativeDriverOptions {
  /** Shared with whoever else asks on behalf of the same releases. Default one of its own. */
  readonly limit?: RequestGate;
  /** To whom the mark on a record is attributed. Default `bookstore-operator`. */
  readonly fieldManager?: string;
  readonly clock?: Clock;
}

/** Deletes what is proved. @throws UninstallError `NATIVE_NOT_COVERED` for what it leaves to helm */
export function nativeDriver(client: KubeClient, options: NativeDriverOptions = {}): ProvenUninstaller {
  const { limit = requestLimit(), fieldManager = 'bookstore-operator', clock = systemClock } = options;
  return {
    driver: 'native',
    uninstall: async (request) => {
      requireCovered(request);
      request.onDriver?.({ driver: 'native' });
      request.onTurn?.();
      const { impersonate } = request;
      const acting = impersonate === undefined ? client : client.impersonating(impersonate);
      const deps = { client: acting, limit, clock, fieldManager };
      return toldWhenCancelled(request, () =>
        withinAttempt(request, {
          what: 'it was not deleted',
          act: (signal) => nativeUninstall(deps, request, signal),
        }),
      );
    },
  };
}

function requireCovered({ namespace, name, proven }: ProvenUninstallRequest): void {
  const why = uncovered(proven.content);
  if (why === undefined) return;
  const message = `release ${namespace}/${name} is not uninstalled: ${why}, which only helm can do`;
  throw new UninstallError('NATIVE_NOT_COVERED', message, { remedy: 'Use the driver auto, or helm.' });
}

async function toldWhenCancelled<T>(
  { namespace, name, signal }: ProvenUninstallRequest,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    const message = `cannot uninstall ${namespace}/${name}: it was told to stop`;
    throw new UninstallError('UNINSTALL_CANCELLED', message, { cause: error });
  }
}
