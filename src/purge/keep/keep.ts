// Opt-outs: what the keep annotations of a namespace, an owner or a record say at an instant (DESIGN.md §2).
import { KEEP_RELEASE_PREFIX, PURGE_PREFIX, PurgeAnnotation } from '../../api/v1alpha1/annotations.ts';
import { didYouMean } from '../../lib/did-you-mean.ts';
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import { type Annotated, isPurgeAnnotation } from '../../release/annotation-times.ts';

/** keep-until counts at most this long from when it was set: a pin that nobody renews ends. */
export const maxKeepAheadMs = 14 * 86_400_000;

/** An opt-out in force, as a clause that follows "kept:". */
export interface KeepVerdict {
  readonly reason: string;
  /** Whether somebody should look: it cannot be understood, or asks for more than it gets. */
  readonly isDoubtful: boolean;
}

/** What a namespace says of all its releases. */
export function keepOnNamespace(home: Annotated, namespace: string, nowMs: number): KeepVerdict | undefined {
  return keepOn(home, { where: `namespace ${namespace}`, nowMs, isRelease: isNameOfRelease });
}

/** What a stored record says of its release. */
export function keepOnRecord(record: Annotated, nowMs: number): KeepVerdict | undefined {
  return keepOn(record, { where: 'a record of the release', nowMs, isRelease: () => false });
}

/** What a resource says of the release that it would install again; `what` is `HelmRelease a/shop`. */
export function keepOnOwner(owner: Annotated, what: string, nowMs: number): KeepVerdict | undefined {
  return keepOn(owner, { where: what, nowMs, isRelease: () => false });
}

/** `keep.purge.velotio.com/<release>` on the release's namespace. */
export function keepOfRelease(
  home: Annotated,
  release: { readonly namespace: string; readonly name: string },
  nowMs: number,
): KeepVerdict | undefined {
  const key = `${KEEP_RELEASE_PREFIX}${release.name}`;
  return verdict(home, { key, where: `namespace ${release.namespace}`, nowMs, takes: 'either' });
}

/** A sentence for each `keep.purge.velotio.com/<release>` of a namespace that has no such release: it may be misspelt. */
export function keepsOfNobody(home: Annotated, namespace: string, releases: readonly string[]): readonly string[] {
  return Object.entries(home.annotations)
    .filter(([key, value]) => key.startsWith(KEEP_RELEASE_PREFIX) && value !== 'false')
    .map(([key]) => key.slice(KEEP_RELEASE_PREFIX.length))
    .filter((name) => isNameOfRelease(name) && !releases.includes(name))
    .map((name) => {
      const meant = didYouMean(name, releases);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      return `namespace ${namespace} carries ${KEEP_RELEASE_PREFIX}${name}, but has no release ${name}${hint}`;
    });
}

/** Helm's own rule for the names of releases. */
export function isNameOfRelease(name: string): boolean {
  return name.length <= 53 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);
}

interface KeepOnOptions {
  /** `namespace a`. */
  readonly where: string;
  readonly nowMs: number;
  /** Whether `keep.purge.velotio.com/<name>` has a meaning there. */
  readonly isRelease: (name: string) => boolean;
}

/** `keep`, then `keep-until`, then what looks like one of them and is none: in doubt it means keep. */
function keepOn(object: Annotated, { where, nowMs, isRelease }: KeepOnOptions): KeepVerdict | undefined {
  return (
    verdict(object, { key: PurgeAnnotation.keep, where, nowMs, takes: 'flag' }) ??
    verdict(object, { key: PurgeAnnotation.keepUntil, where, nowMs, takes: 'time' }) ??
    notUnderstood(object, { where, isRelease }) ??
    asLabel(object, where)
  );
}

function notUnderstood(
  { annotations }: Annotated,
  { where, isRelease }: Pick<KeepOnOptions, 'where' | 'isRelease'>,
): KeepVerdict | undefined {
  const known: readonly string[] = Object.values(PurgeAnnotation);
  const key = Object.keys(annotations).find((one) => {
    if (!isPurgeAnnotation(one) || known.includes(one)) return false;
    return !(one.startsWith(KEEP_RELEASE_PREFIX) && isRelease(one.slice(KEEP_RELEASE_PREFIX.length)));
  });
  if (key === undefined) return undefined;
  const meant = key.toLowerCase().startsWith(PURGE_PREFIX)
    ? didYouMean(key.slice(PURGE_PREFIX.length), ['keep', 'keep-until'])
    : undefined;
  const hint = meant === undefined ? '' : ` (did you mean ${PURGE_PREFIX}${meant}?)`;
  return {
    reason: `${where} carries ${quoteUntrusted(key)}, which has no meaning${hint}; in doubt it is kept`,
    isDoubtful: true,
  };
}

/** kubectl label in place of kubectl annotate: what is meant is plain, until when is not. */
function asLabel({ keepLabels: [key] = [] }: Annotated, where: string): KeepVerdict | undefined {
  if (key === undefined) return undefined;
  const reason = `${where} has the label ${key}, which counts as an annotation only; in doubt it is kept`;
  return { reason, isDoubtful: true };
}

interface Context {
  readonly key: string;
  readonly where: string;
  readonly nowMs: number;
  readonly takes: 'flag' | 'time' | 'either';
}

function verdict(object: Annotated, { key, where, nowMs, takes }: Context): KeepVerdict | undefined {
  const value = Object.hasOwn(object.annotations, key) ? object.annotations[key] : undefined;
  if (value === undefined || value === 'false') return undefined;
  const on = `${where} carries ${key}`;
  if (value === 'true' && takes !== 'time') return { reason: `${on}: "true"`, isDoubtful: false };
  const untilMs = takes === 'flag' ? undefined : parseTime(value);
  if (untilMs === undefined) {
    return { reason: `${on}: ${quoteUntrusted(value)}, which cannot be read; in doubt it is kept`, isDoubtful: true };
  }
  const endMs = endOf(object, key);
  if (Math.min(untilMs, endMs ?? untilMs) <= nowMs) return undefined;
  if (untilMs <= (endMs ?? nowMs + maxKeepAheadMs)) return { reason: `${on}: ${value}`, isDoubtful: false };
  const why =
    endMs === undefined
      ? 'it is not known when that was set, so it counts until then, and not for 14 days only'
      : `more than 14 days from when it was set, it counts until ${new Date(endMs).toISOString()} only`;
  return { reason: `${on}: ${value}; ${why}`, isDoubtful: true };
}

/** Where a time stops to count, undefined where nobody knows when it was set: then it is kept for as long as it says. */
function endOf({ annotationTimes }: Annotated, key: string): number | undefined {
  const setAtMs = annotationTimes?.[key];
  return setAtMs === undefined ? undefined : setAtMs + maxKeepAheadMs;
}

/**
 * Until when the annotation `key` of a namespace keeps something, as the plan reads it: `Infinity` where it has no end,
 * undefined where it keeps nothing now.
 */
export function keepsUntil(home: Annotated, key: string, nowMs: number): number | undefined {
  const takes = key === PurgeAnnotation.keepUntil ? 'time' : 'either';
  if (verdict(home, { key, where: 'it', nowMs, takes }) === undefined) return undefined;
  const untilMs = parseTime(home.annotations[key] ?? '');
  return untilMs === undefined ? Infinity : Math.min(untilMs, endOf(home, key) ?? untilMs);
}

/** A time that has not come and does not count any more, of a namespace: whoever set it may rely on it. */
export function lapsedKeep(
  home: Annotated,
  release: { readonly namespace: string; readonly name: string },
  nowMs: number,
): string | undefined {
  for (const key of [PurgeAnnotation.keepUntil, `${KEEP_RELEASE_PREFIX}${release.name}`]) {
    const value = Object.hasOwn(home.annotations, key) ? home.annotations[key] : undefined;
    const endMs = endOf(home, key);
    if (value === undefined || endMs === undefined || endMs > nowMs || (parseTime(value) ?? nowMs) <= nowMs) continue;
    return `${key}: ${value} on namespace ${release.namespace} counted until ${new Date(endMs).toISOString()} only`;
  }
  return undefined;
}

const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** RFC 3339 with its offset; a date alone, or one that does not exist (30 February), is none. */
export function parseTime(value: string): number | undefined {
  const match = rfc3339.exec(value);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  const isRealDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isRealDate || hour > 23 || minute > 59 || second > 59) return undefined;
  const ms = Date.parse(value.toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}
