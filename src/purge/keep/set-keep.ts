// `purge keep`: writes or takes away one annotation on a namespace, and reads what the plan makes of it.
import type { KubeClient } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { CoreResources } from '../../kube/resource.ts';
import { retryOnConflict } from '../../kube/retry-on-conflict.ts';
import type { Clock } from '../../lib/clock.ts';
import { didYouMean } from '../../lib/did-you-mean.ts';
import { annotatedOf } from '../../release/annotation-times.ts';
import type { ReleaseListing } from '../../release/group-releases.ts';
import { listReleases } from '../../release/list-releases.ts';
import { PurgeError } from '../errors.ts';
import type { OperatorIdentity } from '../plan/denials.ts';
import { judge } from '../plan/judge.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { keepsUntil } from './keep.ts';
import { type KeepTarget, keepKey, keepsLonger, keepText } from './keep-request.ts';

/** Its own: when an annotation was set is told by manager, and another's later change must not count as a renewal. */
export const keepFieldManager = 'bookstore-operator-keep';

/** What it takes. */
export interface SetKeepDeps {
  readonly client: KubeClient;
  readonly operator: OperatorIdentity;
  readonly clock: Clock;
}

/** What is asked for. */
export interface KeepChange {
  readonly target: KeepTarget;
  /** Milliseconds since the epoch; `off` takes the annotation away. */
  readonly until: number | 'off';
  /** Write for a release that is not there, and in place of what keeps longer. */
  readonly isForced: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface KeepResult {
  readonly apiVersion: 'velotio.com/v1alpha1';
  readonly kind: 'PurgeKeep';
  readonly namespace: string;
  readonly release?: string;
  /** On the namespace. */
  readonly annotation: string;
  /** `left`: what stands there keeps longer. `absent`: there was nothing to take away. */
  readonly change: 'written' | 'removed' | 'left' | 'absent';
  /** Until when the annotation keeps, as the plan reads it; `always` without an end, absent where it keeps nothing. */
  readonly until?: string;
  /** What a plan would say now of the releases that this is about, by their metadata, under a policy that selects the namespace. */
  readonly entries: readonly PlanEntry[];
}

/**
 * Makes the change. @throws PurgeError `NAMESPACE_NOT_FOUND`, `RELEASE_NOT_FOUND`; ApiError
 */
export async function setKeep(deps: SetKeepDeps, change: KeepChange): Promise<KeepResult> {
  const { target, signal } = change;
  const key = keepKey(target);
  const before = await findNamespace(deps.client, target, signal);
  const listing = await listReleases(deps.client, { namespace: target.namespace, signal });
  if (change.until !== 'off' && !change.isForced) requireRelease(listing, target);
  const { changed, after } = await retryOnConflict(
    async (attempt) => {
      const home = attempt === 0 ? before : await findNamespace(deps.client, target, signal);
      return write(deps, change, home);
    },
    { clock: deps.clock, signal },
  );
  const nowMs = deps.clock.now();
  const home = annotatedOf(after.metadata);
  const untilMs = keepsUntil(home, key, nowMs);
  const entries = judge(listing, {
    namespace: { name: target.namespace, uid: after.metadata.uid, ...home },
    settings: { isExcluded: () => false, minAgeMs: 0, shouldPurgeForeign: false },
    operator: deps.operator,
    nowMs,
  });
  return {
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'PurgeKeep',
    ...target,
    annotation: key,
    change: changed,
    ...(untilMs === undefined
      ? {}
      : { until: untilMs === Infinity ? 'always' : new Date(untilMs).toISOString().replace('.000Z', 'Z') }),
    entries: entries.filter(({ name }) => target.release === undefined || name === target.release),
  };
}

async function write(
  { client, clock }: SetKeepDeps,
  { target, until, isForced, signal }: KeepChange,
  before: KubeObject,
): Promise<{ readonly changed: KeepResult['change']; readonly after: KubeObject }> {
  const key = keepKey(target);
  const home = annotatedOf(before.metadata);
  const standing = home.annotations[key];
  if (until === 'off' && standing === undefined) return { changed: 'absent', after: before };
  const isLonger = until !== 'off' && keepsLonger(home, key, { untilMs: until, nowMs: clock.now() }) !== undefined;
  if (isLonger && !isForced) return { changed: 'left', after: before };
  const text = until === 'off' ? null : keepText(until, standing);
  // the version makes it conditional: nobody's longer pin, set meanwhile, is cut short
  const metadata = { resourceVersion: before.metadata.resourceVersion, annotations: { [key]: text } };
  const after = await client.merge(
    CoreResources.namespaces,
    { metadata },
    { name: target.namespace, fieldManager: keepFieldManager, signal },
  );
  return { changed: until === 'off' ? 'removed' : 'written', after };
}

async function findNamespace(client: KubeClient, { namespace }: KeepTarget, signal: AbortSignal | undefined) {
  const found = await client.find(CoreResources.namespaces, { name: namespace, isMetadataOnly: true, signal });
  if (found === undefined) {
    throw new PurgeError('NAMESPACE_NOT_FOUND', `there is no namespace ${namespace} on ${client.server}`, {
      isTerminal: true,
      remedy: `kubectl get namespaces shows them; the context is ${client.context}.`,
    });
  }
  if (found.metadata.deletionTimestamp === undefined) return found;
  throw new PurgeError('NAMESPACE_NOT_FOUND', `namespace ${namespace} is being deleted, and its releases with it`, {
    isTerminal: true,
    remedy: 'Nothing can keep them.',
  });
}

/** A misspelt name must not look like protection. */
function requireRelease({ releases, rejected }: ReleaseListing, { namespace, release }: KeepTarget): void {
  const names = releases.map(({ name }) => name);
  const isKnown =
    names.includes(release ?? '') || rejected.some(({ claimedNames }) => claimedNames.includes(release ?? ''));
  if (release === undefined || isKnown) return;
  const meant = didYouMean(release, names);
  const hint = meant === undefined ? '' : `Did you mean ${namespace}/${meant}? `;
  throw new PurgeError('RELEASE_NOT_FOUND', `there is no release ${release} in namespace ${namespace}`, {
    isTerminal: true,
    remedy: `${hint}Nothing was written; --force keeps one that is still to be installed.`,
  });
}
