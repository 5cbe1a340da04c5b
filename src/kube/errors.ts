// What can go wrong between us and the API server, as one typed error.
import { CodedError, type CodedErrorOptions } from '../lib/coded-error.ts';
import type { StatusBody } from './objects.ts';

/** Stable names of the failures of an API call. */
export type ApiErrorCode =
  | 'KUBECONFIG_INVALID'
  | 'API_UNREACHABLE'
  | 'API_TIMEOUT'
  | 'API_UNAUTHORIZED'
  | 'API_FORBIDDEN'
  | 'API_NOT_FOUND'
  | 'API_ALREADY_EXISTS'
  | 'API_CONFLICT'
  | 'API_INVALID'
  | 'API_GONE'
  | 'API_TOO_MANY_REQUESTS'
  | 'API_SERVER_ERROR'
  | 'API_BAD_ANSWER'
  | 'KIND_NOT_SERVED';

/** Options of {@link ApiError}. */
export interface ApiErrorOptions extends CodedErrorOptions {
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** The server's `reason`. */
  readonly reason?: string;
  /** The reasons of the server's `causes`, e.g. `NamespaceTerminating`. Default none. */
  readonly causes?: readonly string[];
  /** What the server asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether the server surely never had the whole request: no socket could be opened, or written to. Default false. */
  readonly isUnsent?: boolean;
}

/** A failed API call. */
export class ApiError extends CodedError<ApiErrorCode> {
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly causes: readonly string[];
  readonly retryAfterMs: number | undefined;
  readonly isUnsent: boolean;

  constructor(code: ApiErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(code, message, options);
    this.status = options.status;
    this.reason = options.reason;
    this.causes = options.causes ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.isUnsent = options.isUnsent ?? false;
  }
}

const codeByStatus: Readonly<Record<number, ApiErrorCode>> = {
  400: 'API_INVALID',
  401: 'API_UNAUTHORIZED',
  403: 'API_FORBIDDEN',
  404: 'API_NOT_FOUND',
  409: 'API_CONFLICT',
  410: 'API_GONE',
  422: 'API_INVALID',
  429: 'API_TOO_MANY_REQUESTS',
};

const remedyByCode: Partial<Record<ApiErrorCode, string>> = {
  API_UNAUTHORIZED: 'Check the credentials of the kubeconfig context (kubectl auth whoami).',
  API_FORBIDDEN: 'Grant the missing right (kubectl auth can-i … shows it), or use other credentials.',
};

/** Turns an error answer into an {@link ApiError}; `what` says which call it was, e.g. `list secrets in ns a`. */
export function apiErrorFromStatus(
  what: string,
  answer: { readonly status: number; readonly body: StatusBody | undefined; readonly retryAfterMs?: number },
): ApiError {
  const { status, body } = answer;
  const reason = body?.reason;
  const code = codeOf(answer);
  const retryAfterMs =
    answer.retryAfterMs ??
    (body?.details?.retryAfterSeconds === undefined ? undefined : body.details.retryAfterSeconds * 1000);
  const remedy = remedyByCode[code];
  return new ApiError(code, `cannot ${what}: ${body?.message ?? `HTTP ${status}`}`, {
    status,
    isTerminal: code === 'API_INVALID', // a right may be granted, a quota freed: nobody tells us when
    causes: body?.details?.causes?.flatMap((cause) => cause.reason ?? []) ?? [],
    ...(reason === undefined ? {} : { reason }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function codeOf({ status, body }: { readonly status: number; readonly body: StatusBody | undefined }): ApiErrorCode {
  if (body?.reason === 'AlreadyExists') return 'API_ALREADY_EXISTS';
  // Server-side apply of a field that does not exist is a 500 (seen with 1.36): nothing that a repetition would help.
  if (body?.message?.startsWith('failed to create typed patch object') === true) return 'API_INVALID';
  return codeByStatus[status] ?? 'API_SERVER_ERROR';
}

/** Whether `error` is an {@link ApiError} with one of these codes. */
export function isApiError(error: unknown, ...codes: readonly ApiErrorCode[]): error is ApiError {
  return error instanceof ApiError && (codes.length === 0 || codes.includes(error.code));
}
