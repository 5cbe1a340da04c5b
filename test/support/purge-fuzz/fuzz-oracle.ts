// What the documents say of a random world, read once more and by nobody's code: what may go, what must, what is to stay.
import type { FuzzNamespace, FuzzObject, FuzzPolicy, FuzzRelease, FuzzWorld } from './fuzz-world.ts';

/** The end of a run, all of it. */
export interface Prophecy {
  /** A cap of the run is hit: exit code 3, and nothing is deleted. */
  readonly isCapped: boolean;
  /** `namespace/name` of the releases that go. */
  readonly releases: readonly string[];
  /** `namespace/Kind/name`, `-` for a cluster-scoped one: these are gone, and no other. */
  readonly gone: readonly string[];
  /** These are being deleted: a finalizer holds them. */
  readonly terminating: readonly string[];
  /** What delete hooks made. */
  readonly added: readonly string[];
  /** `namespace/name` of those that are planned and left alone in the run: an object is not, or not surely, theirs. */
  readonly refused: readonly string[];
}

/** The namespace of another team in a world. */
export const elsewhereOf = (world: Pick<FuzzWorld, 'id'>): string => `${world.id}-elsewhere`;

/** Looks ahead. */
export function foretell(world: FuzzWorld): Prophecy {
  const { policy } = world;
  const selected = world.namespaces.filter((one) => one.name !== 'default' && isSelected(one, policy));
  const home = (release: FuzzRelease) => selected.find(({ name }) => name === release.namespace);
  const seen = world.releases.filter((release) => home(release) !== undefined);
  const candidates = seen.filter((release) => !isKeptByMetadata(release, home(release) ?? never(), policy));
  const { maxReleases = 500, maxReleasesPerNamespace = 50, maxNamespaces = 100, maxPercent = 100 } = policy.limits;
  const isCrowded = (name: string) =>
    candidates.filter(({ namespace }) => namespace === name).length > maxReleasesPerNamespace;
  const going = candidates.filter(({ namespace }) => !isCrowded(namespace));
  const live = seen.filter((release) => isListed(release) && latestOf(release).status !== 'uninstalled').length;
  const isCapped =
    going.length > maxReleases ||
    new Set(going.map(({ namespace }) => namespace)).size > maxNamespaces ||
    (live > 0 && (100 * going.length) / live > maxPercent);
  const planned = isCapped ? [] : going.filter((release) => !isKeptByContent(release, policy));
  const gone = planned.filter((release) => !hasLostAnObject(release));
  const deleted = gone.flatMap((release) => deletedObjects(release, world));
  const names = (releases: readonly FuzzRelease[]) =>
    releases.map(({ namespace, name }) => `${namespace}/${name}`).sort();
  return {
    isCapped,
    releases: names(gone),
    refused: names(planned.filter(hasLostAnObject)),
    gone: [
      ...gone.flatMap(({ namespace, name, records }) =>
        records.map(({ revision }) => `${namespace}/Secret/sh.helm.release.v1.${name}.v${revision}`),
      ),
      ...deleted.filter(({ object }) => object.hasFinalizer !== true).map(({ key }) => key),
    ].sort(),
    terminating: deleted
      .filter(({ object }) => object.hasFinalizer === true)
      .map(({ key }) => key)
      .sort(),
    added: gone
      .filter(hasDeleteHooks)
      .map(({ namespace, name }) => `${namespace}/ConfigMap/${name}-hook`)
      .sort(),
  };
}

function isSelected({ labels }: FuzzNamespace, { namespaceSelector }: FuzzPolicy): boolean {
  const { matchLabels, matchExpressions } = namespaceSelector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      return operator === 'In'
        ? value !== undefined && values.includes(value)
        : value === undefined || !values.includes(value);
    })
  );
}

/** A record whose Secret is not called as helm calls it is none. */
const recordsOf = ({ records }: FuzzRelease) => records.filter(({ flaw }) => flaw !== 'secret-name');
const isListed = (release: FuzzRelease): boolean => recordsOf(release).length > 0;
const latestOf = (release: FuzzRelease) => recordsOf(release).at(-1) ?? never();

/** P3, P4, §2. */
function isKeptByMetadata(release: FuzzRelease, home: FuzzNamespace, policy: FuzzPolicy): boolean {
  const { name, records } = release;
  if (name === 'bookstore-operator' || name.length > 53 || records.some(({ flaw }) => flaw === 'secret-name'))
    return true;
  const { status, ageMinutes, labels } = latestOf(release);
  if (status === 'uninstalled' || ageMinutes === null) return true;
  if ([home, ...records].some(({ annotations }) => asksToStay(annotations))) return true;
  if (saysKeep(home.annotations[`keep.purge.velotio.com/${name}`], 'either')) return true;
  if (isExcluded(name, policy.exclude)) return true;
  if (records.some((record) => record.labels['helm.velotio.com/owner'] !== undefined)) return true;
  if (policy.foreignReleases === 'Skip' && labels['helm.toolkit.fluxcd.io/name'] !== undefined) return true;
  if (status.startsWith('pending-') && ageMinutes < 15) return true;
  if (status === 'uninstalling') return false; // docs/purge.md: the next run ends what one has begun
  return ageMinutes < { '0s': 0, '2h': 120, '48h': 2_880 }[policy.minAge];
}

/** Of a namespace or a record. An annotation of ours that has no meaning means keep too. */
function asksToStay(annotations: Readonly<Record<string, string>>): boolean {
  return Object.entries(annotations).some(([key, value]) => {
    if (key === 'purge.velotio.com/keep') return saysKeep(value, 'flag');
    if (key === 'purge.velotio.com/keep-until') return saysKeep(value, 'time');
    return key.startsWith('purge.velotio.com/');
  });
}

/** `"false"` means no, a time counts while it is ahead, all else keeps. */
function saysKeep(value: string | undefined, takes: 'flag' | 'time' | 'either'): boolean {
  if (value === undefined || value === 'false') return false;
  const isTime = takes !== 'flag' && /^\d{4}-\d\d-\d\dT/.test(value);
  return !isTime || Date.parse(value) > Date.now();
}

function isExcluded(name: string, globs: readonly string[]): boolean {
  const matches: Readonly<Record<string, (name: string) => boolean>> = {
    '*-db': (one) => one.endsWith('-db'),
    'ap?': (one) => one.startsWith('ap') && one.length === 3,
    '{shop,api}': (one) => one === 'shop' || one === 'api',
    'long-*': (one) => one.startsWith('long-'),
  };
  return globs.some((glob) => (matches[glob] ?? never())(name));
}

const hasDeleteHooks = ({ hooks }: FuzzRelease): boolean => hooks.some((event) => /^(pre|post)-delete$/.test(event));

/** P1, P7. */
function isKeptByContent(release: FuzzRelease, policy: FuzzPolicy): boolean {
  const { records, objects } = release;
  if (records.some(({ flaw }) => flaw !== undefined)) return true;
  if (policy.foreignReleases === 'Skip' && objects.some(({ isFlux, hasOwner }) => isFlux === true || hasOwner === true))
    return true;
  if (hasDeleteHooks(release) && policy.serviceAccount === undefined) return true;
  return objects.some((object) => {
    const isOutside = object.isElsewhere === true || object.kind === 'ClusterRole';
    const isAllowed = policy.allowedKinds.some(({ kind }) => kind === object.kind);
    if (isOutside && !isAllowed) return true;
    if (isOutside && object.live !== 'own' && object.live !== 'gone') return true;
    // what has delete hooks goes to helm, which cannot leave the claim
    return isClaimToStay(object, policy) && object.policy !== 'keep' && hasDeleteHooks(release);
  });
}

/** P7. */
function isClaimToStay({ kind }: FuzzObject, { volumes }: FuzzPolicy): boolean {
  return kind === 'PersistentVolumeClaim' && volumes === 'Keep';
}

/** P2: helm would delete what is another's now, or may be, so it is not asked to. */
function hasLostAnObject({ objects }: FuzzRelease): boolean {
  return objects.some(({ live, policy }) => (live === 'other' || live === 'none') && policy === undefined);
}

function deletedObjects(release: FuzzRelease, world: FuzzWorld): readonly { key: string; object: FuzzObject }[] {
  return release.objects
    .filter((object) => object.live !== 'gone' && object.policy === undefined && !isClaimToStay(object, world.policy))
    .map((object) => ({ key: keyOf(object, release, world), object }));
}

/** Where an object is. */
export function keyOf(object: FuzzObject, release: FuzzRelease, world: Pick<FuzzWorld, 'id'>): string {
  const namespace = object.isElsewhere === true ? elsewhereOf(world) : release.namespace;
  return `${object.kind === 'ClusterRole' ? '-' : namespace}/${object.kind}/${object.name}`;
}

function never(): never {
  throw new Error('the oracle does not know that');
}
