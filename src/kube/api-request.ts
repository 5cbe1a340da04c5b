// A request to the API server as those who ask see it: before credentials, and before it is on its way.

/** A request before credentials. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path, starting with `/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: unknown;
  /** What the call does, for messages: `list secrets in namespace a`. */
  readonly what: string;
  /**
   * Each attempt, from when it has credentials until the answer's headers are there, waiting for a socket and dialling
   * included; and the longest silence within the answer's body. Default 30,000.
   */
  readonly timeoutMs?: number;
  /**
   * Whether the call may be repeated after a lost connection, a time-out or a 5xx. Default: all but POST, whose repetition
   * creates twice. What the server never had, since no socket could be opened or written to, is repeated in any case.
   */
  readonly isIdempotent?: boolean;
  /** Whether a failed call is repeated at all. Default true; false for callers that pace their attempts themselves. */
  readonly isRepeated?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Default of {@link ApiRequest.timeoutMs}. */
export const defaultTimeoutMs = 30_000;

/** Path and query; what is not set is left out. */
export function pathAndQuery({ path, query = {} }: ApiRequest): string {
  const entries = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return entries.length === 0 ? path : `${path}?${new URLSearchParams(entries).toString()}`;
}
