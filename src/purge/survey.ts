// What a plan is decided on before a record is read: the selection, the releases as their metadata shows them, the caps.
import pMap from 'p-map';
import type { KubeClient } from '../kube/client.ts';
import { Discovery } from '../kube/discovery.ts';
import type { Clock } from '../lib/clock.ts';
import type { ReleaseListing } from '../release/group-releases.ts';
import { listReleases } from '../release/list-releases.ts';
import { applyCaps, type Capped } from './caps.ts';
import type { OperatorIdentity } from './denials.ts';
import { judge } from './judge.ts';
import { type ReleaseOwners, readOwners } from './release-owners.ts';
import { type SelectedNamespace, type Selection, selectNamespaces } from './select.ts';
import type { PurgeSettings } from './settings.ts';

/** What a plan is made with. */
export interface PlanDeps {
  readonly client: KubeClient;
  readonly settings: PurgeSettings;
  readonly operator: OperatorIdentity;
  readonly clock: Clock;
}

/** Which part of the policy's selection. */
export interface PlanOptions {
  /** `-n`. Default all. */
  readonly namespaces?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Requests of a plan in flight at once. */
export const planReads = 8;

/** What was found. */
export interface Survey {
  readonly nowMs: number;
  readonly selection: Selection;
  /** Of the selected namespaces. */
  readonly listings: readonly { readonly namespace: SelectedNamespace; readonly listing: ReleaseListing }[];
  /** The resources that would install releases again. */
  readonly owners: ReleaseOwners;
  /** What the metadata decides, after the caps. */
  readonly capped: Capped;
}

/** Selects, lists, asks for owners, decides by metadata, caps. @throws ApiError: never half a cluster */
export async function survey(deps: PlanDeps, { namespaces, signal }: PlanOptions = {}): Promise<Survey> {
  const { client, settings, operator, clock } = deps;
  const nowMs = clock.now();
  const selection = await selectNamespaces(client, {
    selector: settings.namespaceSelector,
    operator,
    signal,
    ...(namespaces === undefined ? {} : { only: namespaces }),
  });
  const listings = await pMap(
    selection.selected,
    async (namespace) => ({ namespace, listing: await listReleases(client, { namespace: namespace.name, signal }) }),
    { concurrency: planReads, signal },
  );
  const owners = await readOwners({ client, discovery: new Discovery(client) }, { signal });
  const judged = listings.flatMap(({ namespace, listing }) =>
    judge(listing, { namespace, settings, owners, operator, nowMs }),
  );
  return { nowMs, selection, listings, owners, capped: applyCaps(judged, settings.limits) };
}
