// Opt-outs: what the keep annotations of a namespace, an owner or a record say at an instant (DESIGN.md §2).
import { KEEP_RELEASE_PREFIX, PurgeAnnotation } from '../api/v1alpha1/annotations.ts';

/** keep-until counts at most this far ahead: a pin that nobody renews ends. */
export const maxKeepAheadMs = 14 * 86_400_000;

/** Annotations, as a map. */
export type Annotations = Readonly<Record<string, string>>;

/** An opt-out in force, as a clause that follows "kept:". */
export interface KeepVerdict {
  readonly reason: string;
  /** Whether somebody should look: it cannot be parsed, or asks for more than it gets. */
  readonly isDoubtful: boolean;
}

/** `purge.velotio.com/keep` and `/keep-until` on an object; `where` names it: `namespace a`. */
export function keepOn(annotations: Annotations, where: string, nowMs: number): KeepVerdict | undefined {
  return (
    verdict(annotations[PurgeAnnotation.keep], { key: PurgeAnnotation.keep, where, nowMs, takes: 'flag' }) ??
    verdict(annotations[PurgeAnnotation.keepUntil], { key: PurgeAnnotation.keepUntil, where, nowMs, takes: 'time' })
  );
}

/** `keep.purge.velotio.com/<release>` on the release's namespace. */
export function keepOfRelease(
  annotations: Annotations,
  release: { readonly namespace: string; readonly name: string },
  nowMs: number,
): KeepVerdict | undefined {
  const key = `${KEEP_RELEASE_PREFIX}${release.name}`;
  const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  return verdict(value, { key, where: `namespace ${release.namespace}`, nowMs, takes: 'either' });
}

interface Context {
  readonly key: string;
  readonly where: string;
  readonly nowMs: number;
  readonly takes: 'flag' | 'time' | 'either';
}

function verdict(value: string | undefined, context: Context): KeepVerdict | undefined {
  if (value === undefined || value === 'false') return undefined;
  const on = `${context.where} carries ${context.key}`;
  if (value === 'true' && context.takes !== 'time') return { reason: `${on}: "true"`, isDoubtful: false };
  const untilMs = context.takes === 'flag' ? undefined : parseTime(value);
  if (untilMs === undefined) {
    return { reason: `${on}: ${quoteUntrusted(value)}, which cannot be read; in doubt it is kept`, isDoubtful: true };
  }
  if (untilMs <= context.nowMs) return undefined;
  const limitMs = context.nowMs + maxKeepAheadMs;
  if (untilMs <= limitMs) return { reason: `${on}: ${value}`, isDoubtful: false };
  return {
    reason: `${on}: ${value}; more than 14 days ahead, it counts until ${new Date(limitMs).toISOString()} only`,
    isDoubtful: true,
  };
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

/** What a namespace's users wrote, safe to print: bounded, without control or direction characters. */
export function quoteUntrusted(value: string): string {
  const bounded = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return JSON.stringify(bounded.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�'));
}
