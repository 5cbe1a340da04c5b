// What `purge keep` is asked for: which annotation, until when, and what would be refused. No I/O.
import { KEEP_RELEASE_PREFIX, PurgeAnnotation } from '../../api/v1alpha1/annotations.ts';
import type { Annotated } from '../../release/annotation-times.ts';
import { PurgeError } from '../errors.ts';
import { isNameOfRelease, keepsUntil, maxKeepAheadMs } from './keep.ts';

/** A namespace, or one release of it. */
export interface KeepTarget {
  readonly namespace: string;
  readonly release?: string;
}

/** A namespace or `namespace/release`, as people write it. @throws PurgeError `KEEP_INVALID` */
export function parseTarget(text: string): KeepTarget {
  const [namespace = '', release, ...rest] = text.split('/');
  const isNamespace = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace);
  if (!isNamespace || rest.length > 0) {
    throw invalid(
      `${JSON.stringify(text)} is neither NAMESPACE nor NAMESPACE/RELEASE`,
      'Write team-a, or team-a/shop.',
    );
  }
  if (release === undefined) return { namespace };
  if (release.length > 53) {
    const why = `the name is ${release.length} characters long, Helm gives none of more than 53`;
    throw invalid(`there can be no release ${release}: ${why}`, 'helm list -n NAMESPACE shows the names.');
  }
  if (!isNameOfRelease(release)) {
    throw invalid(
      `${JSON.stringify(release)} is not a name that Helm gives`,
      'helm list -n NAMESPACE shows the names.',
    );
  }
  return { namespace, release };
}

/** The annotation on the namespace that says it. */
export function keepKey({ release }: KeepTarget): string {
  return release === undefined ? PurgeAnnotation.keepUntil : `${KEEP_RELEASE_PREFIX}${release}`;
}

/**
 * Checks until when something is to be kept, and makes whole seconds of it.
 * @throws PurgeError `KEEP_INVALID` for what has passed, and for what the plan would not believe: more than 14 days ahead
 */
export function checkUntil(untilMs: number, nowMs: number): number {
  const latestMs = nowMs + maxKeepAheadMs;
  if (untilMs <= nowMs) throw invalid('that time has passed', 'Name a time that is to come, such as --for 8h.');
  if (untilMs > latestMs) {
    const remedy = `The latest is ${rfc3339(latestMs)}, --for 336h; keep it anew before then, or exclude it in the policy.`;
    throw invalid('nothing is kept for more than 14 days ahead: a pin that nobody renews ends', remedy);
  }
  return Math.min(Math.ceil(untilMs / 1_000), Math.floor(latestMs / 1_000)) * 1_000;
}

/** What stands there keeps longer than what is asked for. `Infinity`: it has no end. */
export function keepsLonger(
  home: Annotated,
  key: string,
  times: { readonly untilMs: number; readonly nowMs: number },
): number | undefined {
  const standsMs = keepsUntil(home, key, times.nowMs);
  return standsMs !== undefined && standsMs > times.untilMs ? standsMs : undefined;
}

/**
 * The text to write. Where it stands there already it is written in another form: a write that changes nothing would not
 * count as setting it anew, and what was set longer ago ends sooner.
 */
export function keepText(untilMs: number, standing: string | undefined): string {
  const text = rfc3339(untilMs);
  return text === standing ? text.replace('Z', '.000Z') : text;
}

/** Whole seconds, in UTC. */
function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function invalid(message: string, remedy: string): PurgeError {
  return new PurgeError('KEEP_INVALID', message, { isTerminal: true, remedy });
}
