// Who is behind a bearer token, and may they: for HTTP endpoints of ours (DESIGN.md §9), as kube-rbac-proxy asks.
import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { KubeClient } from './client.ts';
import { ApiError, isApiError } from './errors.ts';

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: { readonly username?: string; readonly uid?: string; readonly groups?: readonly string[] };
  };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean };
}

interface Question {
  readonly token: string;
  readonly path: string;
}

/** The verdict on a token. */
export type TokenVerdict = 'allowed' | 'unauthenticated' | 'forbidden';

/** Options of {@link TokenReviewer}. */
export interface TokenReviewerOptions {
  readonly clock: Clock;
  /** For both questions together, repetitions included. Default 5,000: who scrapes does not wait for longer. */
  readonly timeoutMs?: number;
}

/** How long a verdict is believed; a scrape comes every 15 to 60 s. */
const believedMs = 60_000;
/** How long one that let somebody in is believed where the server cannot be asked. */
const believedInTroubleMs = 600_000;
const maxRemembered = 100;

/** Where nothing is known about the token; a refusal is an answer. */
const troubles = ['API_UNREACHABLE', 'API_TIMEOUT', 'API_SERVER_ERROR', 'API_TOO_MANY_REQUESTS'] as const;

/** Whoever reaches our port can make us ask about tokens of his invention. */
const maxInFlight = 16;

/**
 * Asks the API server about tokens and remembers its answers for a minute. Those who ask about the same at the same time
 * share the answer. A 429 to others does not hold it back: figures are wanted most when the API server is in trouble.
 * Where it cannot be asked, whom it let in within the last ten minutes is let in still; nobody else is.
 */
export class TokenReviewer {
  readonly #client: KubeClient;
  readonly #options: TokenReviewerOptions;
  /** Verdicts and questions are kept under this key's hash of path and token: a dump of the memory has no list of tokens. */
  readonly #key = randomBytes(32);
  readonly #verdicts = new Map<string, { readonly verdict: TokenVerdict; readonly askedMs: number }>();
  readonly #asked = new Map<string, Promise<TokenVerdict>>();

  constructor(client: KubeClient, options: TokenReviewerOptions) {
    this.#client = client.apart();
    this.#options = options;
  }

  /**
   * Whether the token's owner may `get` the path (a nonResourceURL).
   * @throws ApiError where the server cannot be asked, and where too much is asked at once
   */
  async review(token: string, path: string): Promise<TokenVerdict> {
    const key = createHmac('sha256', this.#key).update(`${path} ${token}`).digest('base64');
    const held = this.#verdicts.get(key);
    if (held !== undefined && this.#ageMs(held) < believedMs) return held.verdict;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    if (this.#asked.size >= maxInFlight) {
      throw new ApiError('API_TOO_MANY_REQUESTS', 'cannot review a token: too many are being reviewed');
    }
    const asking = this.#askInTime({ token, path }, key).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asking);
    return asking;
  }

  async #askInTime(question: Question, key: string): Promise<TokenVerdict> {
    const { clock, timeoutMs = 5_000 } = this.#options;
    const askedMs = clock.monotonic();
    const limit = new AbortController();
    const tooLate = new ApiError('API_TIMEOUT', `cannot review a token: no answer within ${timeoutMs / 1000} s`);
    const timer = setTimeout(() => limit.abort(tooLate), timeoutMs);
    try {
      const verdict = await this.#ask(question, limit.signal);
      this.#remember(key, { verdict, askedMs });
      return verdict;
    } catch (error) {
      const held = this.#verdicts.get(key);
      const isAllowed = held?.verdict === 'allowed' && this.#ageMs(held) < believedInTroubleMs;
      if (isAllowed && isApiError(error, ...troubles)) return held.verdict;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #ageMs({ askedMs }: { readonly askedMs: number }): number {
    return this.#options.clock.monotonic() - askedMs;
  }

  #remember(key: string, answer: { readonly verdict: TokenVerdict; readonly askedMs: number }): void {
    this.#verdicts.delete(key);
    this.#verdicts.set(key, answer);
    const oldest = this.#verdicts.keys().next().value;
    if (this.#verdicts.size > maxRemembered && oldest !== undefined) this.#verdicts.delete(oldest);
  }

  async #ask({ token, path }: Question, signal: AbortSignal): Promise<TokenVerdict> {
    const { status } = await this.#client.raw<TokenReview>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
      what: 'review a token',
      isIdempotent: true,
      signal,
    });
    if (status?.authenticated !== true) return 'unauthenticated';
    const { username, uid, groups } = status.user ?? {};
    const access = await this.#client.raw<SubjectAccessReview>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: username, uid, groups, nonResourceAttributes: { path, verb: 'get' } },
      },
      what: 'review an access',
      isIdempotent: true,
      signal,
    });
    return access.status?.allowed === true ? 'allowed' : 'forbidden';
  }
}
