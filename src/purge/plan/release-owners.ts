// The resources that would install releases again: Flux' HelmReleases, read before anything is decided (P3, P4).
import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import { ApiError, isApiError } from '../../kube/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { recently } from '../../lib/recently.ts';
import { type Annotated, annotatedOf } from '../../release/annotation-times.ts';
import { type HelmRelease, releasesOf } from './flux-release.ts';

/** One of them, with its annotations: it may say `keep`. */
export interface ReleaseOwner extends Annotated {
  /** `HelmRelease flux-system/shop`. */
  readonly what: string;
}

/** By the release's `namespace/name`. */
export type ReleaseOwners = ReadonlyMap<string, readonly ReleaseOwner[]>;

/** What reading takes. */
export interface OwnersDeps {
  readonly client: KubeClient;
  readonly discovery: Discovery;
}

/** In whichever version the server prefers: the fields that are read are the same in all. */
const helmReleaseKind = { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease' } as const;

/** They hold whole values files. */
const perPage = 50;

/**
 * Reads the HelmReleases of all namespaces: one may be about a release in any. Where their kind is not served there is no
 * Flux, and nothing is owned.
 * @throws ApiError, also where the kind is there and may not be listed: then nobody knows which releases would come back
 */
export async function readOwners(
  { client, discovery }: OwnersDeps,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ReleaseOwners> {
  const owners = new Map<string, ReleaseOwner[]>();
  const resource = await discovery.findPreferred(helmReleaseKind);
  if (resource === undefined) return owners;
  try {
    const pages = client.pages<HelmRelease>(resource, { pageSize: perPage, signal: options.signal });
    for await (const page of pages) for (const item of page.items) add(item, owners);
    return owners;
  } catch (error) {
    if (isApiError(error, 'API_FORBIDDEN')) throw notAllowed(error);
    if (!isApiError(error, 'API_NOT_FOUND')) throw error;
    discovery.forget(resource.group); // its CustomResourceDefinition has just gone, and all HelmReleases with it
    return new Map();
  }
}

function add(item: HelmRelease, owners: Map<string, ReleaseOwner[]>): void {
  const { namespace = '', name } = item.metadata;
  const owner = { what: `HelmRelease ${namespace}/${name}`, ...annotatedOf(item.metadata) };
  for (const release of releasesOf(item)) {
    const key = `${release.namespace}/${release.name}`;
    const known = owners.get(key);
    if (known === undefined) owners.set(key, [owner]);
    else known.push(owner);
  }
}

function notAllowed(cause: ApiError): ApiError {
  const message = `${cause.message}; HelmReleases say which releases Flux would install again, so nothing is planned without them`;
  return new ApiError('API_FORBIDDEN', message, {
    cause,
    remedy: 'Grant list on helmreleases.helm.toolkit.fluxcd.io in all namespaces.',
    ...(cause.status === undefined ? {} : { status: cause.status }),
    ...(cause.reason === undefined ? {} : { reason: cause.reason }),
  });
}

/** How old the answer may be by which a release is looked at again. */
const believedMs = 5_000;

/** The same for all who ask within five seconds: a run looks again before each release, and they are of one listing. */
export function recentOwners(deps: OwnersDeps & { readonly clock: Clock }): () => Promise<ReleaseOwners> {
  const ask = recently(() => readOwners(deps), { clock: deps.clock, maxAgeMs: believedMs });
  return () => ask('all');
}
