// Who we are to the API server: the name that stands in its audit log (as `kubectl auth whoami` shows it).
import type { CallOptions } from './call-options.ts';
import type { KubeClient } from './client.ts';

interface SelfSubjectReview {
  readonly status?: { readonly userInfo?: { readonly username?: string } };
}

/** The user's name; undefined where the server does not say. @throws ApiError */
export async function whoAmI(client: KubeClient, { signal }: CallOptions = {}): Promise<string | undefined> {
  const { status } = await client.raw<SelfSubjectReview>({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    what: 'ask who we are',
    isIdempotent: true,
    signal,
  });
  const username = status?.userInfo?.username;
  return username === '' ? undefined : username;
}
