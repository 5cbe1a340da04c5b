// The API server's own record of who asked it for what: requests counted without a proxy in their way.
import { open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** For a cluster that is to write one. The path is relative: the API server runs in its state directory. */
export const auditFlags = {
  'audit-policy-file': join(import.meta.dirname, 'audit-policy.yaml'),
  'audit-log-path': 'audit.log',
  'audit-log-maxsize': 10_000, // megabytes; a rotation would hide lines from us
} as const;

/** A line of it, as far as it is read here. */
interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly userAgent?: string;
}

/** How many requests each user agent (its first word) has begun. */
export type RequestsByAgent = Readonly<Record<string, number>>;

/** The log of one cluster. */
export class AuditLog {
  readonly #file: string;

  /** Of the cluster whose kubeconfig this is: both are in its state directory. */
  constructor(kubeconfig: string) {
    this.#file = join(dirname(kubeconfig), auditFlags['audit-log-path']);
  }

  /** Begins to count; what comes back ends it. */
  async count(): Promise<() => Promise<RequestsByAgent>> {
    const { size: from } = await stat(this.#file);
    return async () => {
      const file = await open(this.#file);
      try {
        const { size } = await file.stat();
        const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
        return countByAgent(buffer.subarray(0, bytesRead).toString('utf8'));
      } finally {
        await file.close();
      }
    };
  }
}

/** A watch counts when it begins, any other request when it is answered; a line that is not complete yet does not. */
export function countByAgent(lines: string): RequestsByAgent {
  const counts: Record<string, number> = {};
  for (const line of lines.slice(0, lines.lastIndexOf('\n') + 1).split('\n')) {
    if (line === '') continue;
    const { stage, verb, userAgent = '' } = JSON.parse(line) as AuditEvent;
    if (stage !== (verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete')) continue;
    const agent = userAgent.split(' ')[0] ?? '';
    counts[agent] = (counts[agent] ?? 0) + 1;
  }
  return counts;
}

/** User agent of the benchmark itself. */
export const benchAgent = 'bookstore-bench';

const others = /^(bookstore-bench|kube-apiserver|kube-controller-manager|kube-scheduler|kwok)(\/|$)/;

/** All that neither the control plane nor the benchmark sent: what is measured did, and its helm. */
export function ofTheMeasured(counts: RequestsByAgent): RequestsByAgent {
  return Object.fromEntries(Object.entries(counts).filter(([agent]) => !others.test(agent)));
}

/** Of all agents. */
export function totalRequests(requests: RequestsByAgent): number {
  return Object.values(requests).reduce((sum, count) => sum + count, 0);
}
