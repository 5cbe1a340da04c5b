// What can go wrong with a request, said as data; and which requests it befalls.

/** A request as the proxy knows it. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly path: string;
  readonly isWatch: boolean;
  readonly userAgent: string;
}

/** Which requests; an absent field leaves open. */
export interface Selector {
  readonly method?: string;
  /** Matched against the path, without the query. */
  readonly path?: RegExp;
  readonly isWatch?: boolean;
  readonly userAgent?: RegExp;
}

/** What goes wrong. */
export type FaultKind =
  /** The request is held for so long; between two bounds where there are two. */
  | { readonly kind: 'latency'; readonly delayMs: number | readonly [min: number, max: number] }
  /** A Status instead of the answer. */
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly reason: string;
      /** Sent as `Retry-After`. */
      readonly retryAfterS?: number;
    }
  /** The request is swallowed: no answer, the connection stays open. */
  | { readonly kind: 'silence' }
  /** A list that goes on with a token is told that it has expired. */
  | { readonly kind: 'expired-token' }
  /** The connection is cut half-way through the answer, a page of a list for example; watches are let go. */
  | { readonly kind: 'half-answer' }
  /** A watch is let in, and ended at once without an event. */
  | { readonly kind: 'empty-watch' }
  /** A watch is let in; its first event is an ERROR. */
  | { readonly kind: 'error-event'; readonly code: number; readonly reason: string }
  /** A watch is cut after so many bytes of its answer (or from now), in the middle of a line if it so happens. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** The events of a watch are held back until the fault is over, and come then. */
  | { readonly kind: 'stall' }
  /** Each event of a watch comes twice: at once, or again after so many other events. */
  | { readonly kind: 'duplicate'; readonly afterEvents?: number };

/** A fault, whom it befalls, and when it is over by itself. */
export type Fault = FaultKind & {
  readonly where?: Selector;
  /** Over after so many requests (events of watches, for `duplicate` and `stall`). Default: never. */
  readonly count?: number;
  /** Over after so many milliseconds. Default: never. */
  readonly forMs?: number;
};

/** Whether the selector chooses the request. */
export function isChosen(request: SeenRequest, where: Selector = {}): boolean {
  return (
    (where.method === undefined || where.method === request.method) &&
    (where.path === undefined || where.path.test(request.path)) &&
    (where.isWatch === undefined || where.isWatch === request.isWatch) &&
    (where.userAgent === undefined || where.userAgent.test(request.userAgent))
  );
}

/** 429 for all. */
export function tooManyRequests(retryAfterS?: number): FaultKind {
  return {
    kind: 'status',
    code: 429,
    reason: 'TooManyRequests',
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
  };
}

/** 500, 503, 504. */
export function serverError(code: 500 | 503 | 504): FaultKind {
  const reason = { 500: 'InternalError', 503: 'ServiceUnavailable', 504: 'Timeout' }[code];
  return { kind: 'status', code, reason };
}

/** 410 as an HTTP status. */
export const gone: FaultKind = { kind: 'status', code: 410, reason: 'Expired' };

/** 410 as the first event of a watch. */
export const goneEvent: FaultKind = { kind: 'error-event', code: 410, reason: 'Expired' };

/** The body of a failure, as the API server writes it. */
export function statusBody(fault: { readonly code: number; readonly reason: string }): string {
  const { code, reason } = fault;
  const message = `chaos: ${reason}`;
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
}
