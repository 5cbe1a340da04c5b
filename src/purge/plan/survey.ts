// What a plan is decided on before a record is read: the selection, the releases as their metadata shows them, the caps.
import pMap from 'p-map';
import type { KubeClient } from '../../kube/client.ts';
import { Discovery } from '../../kube/discovery.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ReleaseListing } from '../../release/group-releases.ts';
import { listReleases } from '../../release/list-releases.ts';
import type { KnownReleases } from '../../uninstall/known-releases.ts';
import type { PurgeSettings } from '../policy/settings.ts';
import { applyCaps, type Capped } from './caps.ts';
import type { OperatorIdentity } from './denials.ts';
import { judge } from './judge.ts';
import type { PlanEntry } from './plan.ts';
import { type ReleaseOwners, readOwners } from './release-owners.ts';
import { type SelectedNamespace, type Selection, selectNamespaces } from './select.ts';

/** What a plan is made with. */
export interface PlanDeps {
  readonly client: KubeClient;
  readonly settings: PurgeSettings;
  readonly operator: OperatorIdentity;
  readonly clock: Clock;
  /** Remembers what is read of the releases that would go, for the proof of a run. Default: nobody does. */
  readonly known?: KnownReleases | undefined;
}

/** Which part of the policy's selection. */
export interface PlanOptions {
  /** `-n`. Default all. */
  readonly namespaces?: readonly string[];
  /** `namespace/name` of the only releases that may go, of those that the policy lets go: narrows too. Default all. */
  readonly only?: ReadonlySet<string> | undefined;
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
export async function survey(deps: PlanDeps, { namespaces, only, signal }: PlanOptions = {}): Promise<Survey> {
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
  const judged = listings
    .flatMap(({ namespace, listing }) => judge(listing, { namespace, settings, owners, operator, nowMs }))
    .map((entry) => (isWithin(entry, only) ? entry : keptOutOfPlan(entry)));
  return { nowMs, selection, listings, owners, capped: applyCaps(judged, settings.limits) };
}

function isWithin({ action, namespace, name }: PlanEntry, only: ReadonlySet<string> | undefined): boolean {
  return action === 'keep' || only === undefined || only.has(`${namespace}/${name}`);
}

function keptOutOfPlan(entry: PlanEntry): PlanEntry {
  return { ...entry, action: 'keep', rule: 'not-in-plan', reason: 'the plan that was given does not purge it' };
}
