// The requests that came to the proxy, and how they ended: so that a test can count them.
import { isChosen, type SeenRequest, type Selector } from './fault.ts';

/** One request. */
export interface LoggedRequest extends SeenRequest {
  /** When it came, on the monotonic clock. */
  readonly atMs: number;
  /** 0 as long as, and where, there was no answer. */
  status: number;
}

/** Which of them; `sinceMs` is monotonic. */
export interface LogSelector extends Selector {
  readonly status?: number;
  readonly sinceMs?: number;
}

/** All requests since the start. */
export class RequestLog {
  readonly #requests: LoggedRequest[] = [];

  add(request: SeenRequest): LoggedRequest {
    const logged = { ...request, atMs: performance.now(), status: 0 };
    this.#requests.push(logged);
    return logged;
  }

  /** Oldest first. */
  list(where: LogSelector = {}): readonly LoggedRequest[] {
    const { status, sinceMs = 0 } = where;
    return this.#requests.filter(
      (each) => each.atMs >= sinceMs && (status === undefined || status === each.status) && isChosen(each, where),
    );
  }

  count(where: LogSelector = {}): number {
    return this.list(where).length;
  }

  /** The most requests that came within any `windowMs`. Default a minute. */
  busiest(where: LogSelector = {}, windowMs = 60_000): number {
    const times = this.list(where).map(({ atMs }) => atMs);
    return mostWithin(times, windowMs);
  }

  /** `method path (watch) status` → how often. */
  summary(where: LogSelector = {}): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { method, path, isWatch, status } of this.list(where)) {
      const name = `${method} ${path}${isWatch ? ' (watch)' : ''} ${status}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }
}

/** The most of these times, which are in order, that lie within any `windowMs`. */
export function mostWithin(timesMs: readonly number[], windowMs: number): number {
  let [most, from] = [0, 0];
  for (const [to, atMs] of timesMs.entries()) {
    while ((timesMs[from] ?? atMs) <= atMs - windowMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}
