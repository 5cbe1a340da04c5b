// Who is behind a bearer token, and may they: for HTTP endpoints of ours (DESIGN.md §9), as kube-rbac-proxy asks.
import type { Clock } from '../lib/clock.ts';
import type { KubeClient } from './client.ts';

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: { readonly username?: string; readonly uid?: string; readonly groups?: readonly string[] };
  };
}

interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean };
}

/** The verdict on a token. */
export type TokenVerdict = 'allowed' | 'unauthenticated' | 'forbidden';

/** How long a verdict is believed; a scrape comes every 15 to 60 s. */
const believedMs = 60_000;
const maxRemembered = 100;

/** Asks the API server about tokens and remembers its answers for a minute. */
export class TokenReviewer {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #verdicts = new Map<string, { readonly verdict: TokenVerdict; readonly untilMs: number }>();

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Whether the token's owner may `get` the path (a nonResourceURL). @throws ApiError where the server cannot be asked */
  async review(token: string, path: string): Promise<TokenVerdict> {
    const key = `${path} ${token}`;
    const held = this.#verdicts.get(key);
    const nowMs = this.#clock.monotonic();
    if (held !== undefined && held.untilMs > nowMs) return held.verdict;
    const verdict = await this.#ask(token, path);
    this.#verdicts.delete(key);
    this.#verdicts.set(key, { verdict, untilMs: nowMs + believedMs });
    if (this.#verdicts.size > maxRemembered) {
      const oldest = this.#verdicts.keys().next().value;
      if (oldest !== undefined) this.#verdicts.delete(oldest);
    }
    return verdict;
  }

  async #ask(token: string, path: string): Promise<TokenVerdict> {
    const { status } = await this.#client.raw<TokenReview>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/tokenreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
      what: 'review a token',
      isIdempotent: true,
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
    });
    return access.status?.allowed === true ? 'allowed' : 'forbidden';
  }
}
