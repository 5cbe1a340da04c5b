// Looking again when the run is over: what is still there of the releases that went, and why (P10). Nothing is changed.
import pMap from 'p-map';
import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { CoreResources, type Resource } from '../../kube/resource.ts';
import { actingClient } from '../../kube/service-account.ts';
import type { Clock } from '../../lib/clock.ts';
import { errorText } from '../../lib/error-text.ts';
import { lookUpKinds, ownershipOf } from '../../uninstall/ownership.ts';
import type { ReleaseKey } from '../../uninstall/uninstaller.ts';
import type { LeftObject, UnlookedReason } from './left-object.ts';
import type { Sighting, SoughtObject } from './sighting.ts';

/** What looking takes. */
export interface VerifyDeps {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly settings: { readonly serviceAccount: string | undefined };
}

/** How a run's end is looked at. */
export const verifyPace = {
  /** Requests in flight. */
  concurrency: 8,
  /** What is being deleted is waited for so long, for all releases together. */
  waitMs: 5_000,
  pollMs: 500,
  /** After so long nothing more is read, whatever there is. */
  budgetMs: 60_000,
} as const;

/** Objects left, by `namespace/name` of the release. */
export type LeftByRelease = ReadonlyMap<string, readonly LeftObject[]>;

interface Claim extends KubeObject {
  readonly spec?: { readonly resources?: { readonly requests?: { readonly storage?: unknown } } };
  readonly status?: { readonly capacity?: { readonly storage?: unknown } };
}

type Sought = SoughtObject & { readonly release: ReleaseKey };
/** `unlooked`: it may be there or not. */
type Sight = { readonly sought: Sought; readonly left: LeftObject | 'unlooked' | undefined };

/** What was found. */
export interface Verified {
  readonly left: LeftByRelease;
  /** Absent: all of it was looked at. What was not is not in `left`. */
  readonly unlooked?: UnlookedReason;
}

/**
 * Looks, as whoever acted, and waits a few seconds for what is being deleted. What cannot be read is said to be so. Finalizers
 * are named and never forced off. Never throws; aborted, the rest is not looked at.
 */
export async function verify(
  deps: VerifyDeps,
  sightings: readonly Sighting[],
  signal?: AbortSignal,
): Promise<Verified> {
  const until = AbortSignal.any([AbortSignal.timeout(verifyPace.budgetMs), ...(signal === undefined ? [] : [signal])]);
  const startedMs = deps.clock.monotonic();
  const claims = await pMap(sightings, (one) => claimsOf(deps, one, until), { concurrency: verifyPace.concurrency });
  const settled: Sight[] = claims.flatMap(({ unread }) => unread);
  const named = sightings.flatMap(({ release, objects }) => objects.map((one) => ({ ...one, release })));
  let open: readonly Sought[] = [...named, ...claims.flatMap(({ sought }) => sought)];
  for (;;) {
    const sights = await pMap(open, (sought) => look(deps, sought, until), { concurrency: verifyPace.concurrency });
    const waiting = deps.clock.monotonic() - startedMs < verifyPace.waitMs ? sights.filter(isGoing) : [];
    const isOver = waiting.length === 0 || !(await hasSlept(deps.clock, until));
    settled.push(...(isOver ? sights : sights.filter((one) => !isGoing(one))));
    if (isOver) return verified(settled, signal);
    open = waiting.map(({ sought }) => sought);
  }
}

function isGoing({ sought, left }: Sight): boolean {
  return sought.why === 'still-there' && isKnown(left) && left.why !== 'unreadable';
}

function isKnown(left: Sight['left']): left is LeftObject {
  return left !== undefined && left !== 'unlooked';
}

function verified(sights: readonly Sight[], signal: AbortSignal | undefined): Verified {
  const left = byRelease(sights);
  if (sights.every((one) => one.left !== 'unlooked')) return { left };
  return { left, unlooked: signal?.aborted === true ? 'ended' : 'no-time' };
}

async function hasSlept(clock: Clock, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(verifyPace.pollMs, signal);
    return true;
  } catch {
    return false;
  }
}

function byRelease(sights: readonly Sight[]): LeftByRelease {
  const all = new Map<string, LeftObject[]>();
  for (const { sought, left } of sights) {
    if (!isKnown(left)) continue;
    const key = `${sought.release.namespace}/${sought.release.name}`;
    const known = all.get(key);
    if (known === undefined) all.set(key, [left]);
    else known.push(left);
  }
  for (const left of all.values()) left.sort((a, b) => compare(sortKey(a), sortKey(b)));
  return all;
}

async function look(deps: VerifyDeps, sought: Sought, signal: AbortSignal): Promise<Sight> {
  const { apiVersion, kind, namespace = sought.release.namespace, name, uid, why, policy } = sought;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const ref = { ...(group === '' ? {} : { group }), kind, name };
  try {
    signal.throwIfAborted();
    const resource = (await lookUpKinds(deps.discovery, [sought], { signal }))({ apiVersion, kind });
    if (resource === undefined) return { sought, left: undefined };
    if (why === 'hook' && !resource.isNamespaced) return { sought, left: undefined };
    const isClaim = isClaimResource(resource);
    const live = await readerFor(deps, sought.release).find<Claim>(resource, {
      name,
      namespace: resource.isNamespaced ? namespace : undefined,
      isMetadataOnly: !isClaim,
      signal,
    });
    if (live === undefined || (uid !== undefined && live.metadata.uid !== uid)) return { sought, left: undefined };
    if (why === 'hook' && ownershipOf(live.metadata, sought.release) === 'of-another')
      return { sought, left: undefined };
    const at = resource.isNamespaced ? { ...ref, namespace } : ref;
    const left = { ...at, ...whyLeft(live, why), ...(isClaim ? sizeOf(live) : {}) };
    return { sought, left: policy === undefined ? left : { ...left, detail: policy } };
  } catch (error) {
    if (signal.aborted) return { sought, left: 'unlooked' };
    return { sought, left: { ...ref, namespace, why: 'unreadable', detail: errorText(error) } };
  }
}

function whyLeft(
  { metadata: { deletionTimestamp, finalizers = [] } }: KubeObject,
  why: SoughtObject['why'],
): Pick<LeftObject, 'why' | 'finalizers'> {
  if (deletionTimestamp === undefined) return { why };
  return finalizers.length === 0 ? { why: 'terminating' } : { why: 'finalizer', finalizers };
}

function sizeOf({ spec, status }: Claim): Pick<LeftObject, 'size'> {
  const size = status?.capacity?.storage ?? spec?.resources?.requests?.storage;
  return typeof size === 'string' ? { size } : {};
}

function isClaimResource({ group, kind }: Resource): boolean {
  return group === '' && kind === 'PersistentVolumeClaim';
}

/**
 * The claims that the release's StatefulSets made; those that a controller owns go with it, and are waited for. What cannot be
 * listed is one line.
 */
async function claimsOf(
  deps: VerifyDeps,
  { release, claimPrefixes }: Sighting,
  signal: AbortSignal,
): Promise<{ readonly sought: readonly Sought[]; readonly unread: readonly Sight[] }> {
  if (claimPrefixes.length === 0) return { sought: [], unread: [] };
  const { namespace } = release;
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, release } as const;
  try {
    const { items } = await readerFor(deps, release).list(CoreResources.persistentVolumeClaims, {
      namespace,
      isMetadataOnly: true,
      signal,
    });
    const made = items.filter(({ metadata: { name } }) => claimPrefixes.some((prefix) => isNumbered(name, prefix)));
    const sought = made.map(({ metadata: { name, uid, ownerReferences = [] } }) => {
      const why = ownerReferences.length === 0 ? ('volume' as const) : ('still-there' as const);
      return { ...claim, name, uid, why };
    });
    return { sought, unread: [] };
  } catch (error) {
    const unread = claimPrefixes.map((prefix): Sight => {
      const name = `${prefix}*`;
      const left = { kind: claim.kind, namespace, name, why: 'unreadable' as const, detail: errorText(error) };
      return { sought: { ...claim, name, why: 'volume' }, left: signal.aborted ? 'unlooked' : left };
    });
    return { sought: [], unread };
  }
}

function isNumbered(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
}

function readerFor({ client, settings }: VerifyDeps, { namespace }: ReleaseKey): KubeClient {
  return actingClient(client, { serviceAccount: settings.serviceAccount, namespace });
}

function sortKey({ kind, namespace = '', name }: LeftObject): string {
  return [kind, namespace, name].join(' ');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
