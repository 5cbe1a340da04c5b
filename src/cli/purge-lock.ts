// The purge's lock as the commands wire it: which Lease, under which name, what it fences.
import { hostname, userInfo } from 'node:os';
import type { KubeClient } from '../kube/client.ts';
import { electorIdentity } from '../kube/elector-identity.ts';
import { KubeLease } from '../kube/lease.ts';
import { type HeldPurgeLock, PurgeLock } from '../purge/lock/purge-lock.ts';
import type { LeaseHolder } from '../purge/lock/watched-lease.ts';
import type { OperatorIdentity } from '../purge/plan/denials.ts';
import type { CommandIo } from './command.ts';

/** The Lease's name, in the operator's namespace (DESIGN.md §1). */
export const purgeLeaseName = 'bookstore-operator-purge';

/**
 * How long a person waits for it: a lease that nobody renews is free after 15 s, and a holder that lives is seen to do so
 * after 5 s.
 */
const handPatienceMs = 30_000;

/** The lock of this process. `client` must not be fenced by it. */
export function newPurgeLock(
  client: KubeClient,
  options: { readonly operator: OperatorIdentity; readonly identity: string },
): PurgeLock {
  const namespace = options.operator.namespaces[0] ?? '';
  const lease = new KubeLease({ client, namespace, name: purgeLeaseName, fieldManager: 'bookstore-operator' });
  return new PurgeLock({ lease, namespace, identity: options.identity });
}

/** Who purges by hand, as a run's record has it: `alice@laptop_1234`. */
export function workerByHand(): string {
  return `${userName()}@${hostname()}_${process.pid}`;
}

/** The same for the Lease, where a name must not come twice: `alice@laptop_1234_…`. */
export function identityByHand(): string {
  return electorIdentity(workerByHand());
}

/**
 * Takes the lock, and tells whoever waits at a terminal what for. @throws PurgeError `LOCK_HELD` where another purge or restore
 * is at work; ApiError
 */
export function acquireByHand(
  lock: PurgeLock,
  { operator, io }: { readonly operator: OperatorIdentity; readonly io: Pick<CommandIo, 'signal' | 'stderr'> },
): Promise<HeldPurgeLock> {
  return lock.acquire({
    withinMs: handPatienceMs,
    isPatient: false,
    signal: io.signal,
    onWaiting: (holder) => io.stderr.write(`${waitingLine(holder)}\n`),
    onNowhere: () => io.stderr.write(`${noLockLine(operator)}\n`),
  });
}

/** What somebody at a terminal reads while it is waited for. */
function waitingLine(holder: LeaseHolder | undefined): string {
  return holder === undefined
    ? `there is no Lease ${purgeLeaseName} yet: it is made, and 15 s pass, in case it was taken from under a purge at work`
    : `Lease ${purgeLeaseName} is held by ${holder.identity} since ${holder.since}; waiting to see whether that one lives`;
}

/** What is said where no operator is installed. */
function noLockLine({ namespaces }: OperatorIdentity): string {
  const [namespace = ''] = namespaces;
  return `note: there is no namespace ${namespace}, so no operator to purge at the same time; going on without a lock (name the operator's with --operator-namespace)`;
}

/** A user id without an entry in passwd, as in a container, has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'somebody';
  }
}
