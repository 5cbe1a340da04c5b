// The name under which one process stands for election.
import { randomBytes } from 'node:crypto';

/**
 * `host_random`: readable, and unlike any other, also for a container that was restarted in the same pod. A leader that found
 * its own name in the Lease would not notice that another has taken it.
 */
export function electorIdentity(host: string): string {
  return `${host}_${randomBytes(8).toString('hex')}`;
}
