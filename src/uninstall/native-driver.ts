// Uninstalling natively: fast, and bounded over all releases together. The client waits where the server says 429, for all.
import pLimit from 'p-limit';
import type { KubeClient } from '../kube/client.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { UninstallError } from './errors.ts';
import { uncovered } from './native-coverage.ts';
import { nativeUninstall } from './native-uninstall.ts';
import type { ProvenUninstaller, ProvenUninstallRequest } from './proven-uninstaller.ts';
import { withinAttempt } from './within-attempt.ts';

/** Options of {@link nativeDriver}. */
export interface NativeDriverOptions {
  /** Requests in flight at once, over all releases. Default 32. */
  readonly maxRequests?: number;
  /** To whom the mark on a record is attributed. Default `bookstore-operator`. */
  readonly fieldManager?: string;
  readonly clock?: Clock;
}

/** Deletes what is proved. @throws UninstallError `NATIVE_NOT_COVERED` for what it leaves to helm */
export function nativeDriver(client: KubeClient, options: NativeDriverOptions = {}): ProvenUninstaller {
  const { maxRequests = 32, fieldManager = 'bookstore-operator', clock = systemClock } = options;
  const limit = pLimit(maxRequests);
  return {
    driver: 'native',
    uninstall: async (request) => {
      requireCovered(request);
      const mustWait = limit.activeCount + limit.pendingCount >= maxRequests;
      request.onDriver?.({ driver: 'native' });
      request.onTurn?.();
      if (mustWait) await request.recheck?.();
      const { impersonate } = request;
      const acting = impersonate === undefined ? client : client.impersonating(impersonate);
      const deps = { client: acting, limit, clock, fieldManager };
      await toldWhenCancelled(request, () =>
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

async function toldWhenCancelled(
  { namespace, name, signal }: ProvenUninstallRequest,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    const message = `cannot uninstall ${namespace}/${name}: it was told to stop`;
    throw new UninstallError('UNINSTALL_CANCELLED', message, { cause: error });
  }
}
