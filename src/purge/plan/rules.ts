// The rules that metadata alone can answer, one small function each, asked in order: the first that speaks decides (P4).
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import type { Annotated } from '../../release/annotation-times.ts';
import type { RejectedRecord, StoredRelease } from '../../release/group-releases.ts';
import { lastTouchedMs } from '../../release/record.ts';
import {
  isNameOfRelease,
  type KeepVerdict,
  keepOfRelease,
  keepOnNamespace,
  keepOnOwner,
  keepOnRecord,
  lapsedKeep,
} from '../keep/keep.ts';
import type { PurgeSettings } from '../policy/settings.ts';
import { type OperatorIdentity, releaseDenial } from './denials.ts';
import type { PlanRule, Verdict } from './plan.ts';
import type { ReleaseOwner } from './release-owners.ts';

/** All that a rule may look at. */
export interface RuleInput {
  readonly release: StoredRelease;
  /** The namespace's annotations. */
  readonly home: Annotated;
  /** Secrets that claim to be records of this release and are none. */
  readonly rejected: readonly RejectedRecord[];
  /** The HelmReleases that are about this release. Default none. */
  readonly owners?: readonly ReleaseOwner[];
  readonly settings: Pick<PurgeSettings, 'isExcluded' | 'minAgeMs' | 'shouldPurgeForeign'>;
  readonly operator: OperatorIdentity;
  readonly nowMs: number;
}

/** Speaks, or leaves the decision to the next. */
export type Rule = (input: RuleInput) => Verdict | undefined;

/** A release in the middle of an install or upgrade is left alone for this long. */
const youngPendingMs = 15 * 60_000;

/** Clocks differ: a record so little in the future was written just now. */
const clockMarginMs = 5 * 60_000;

/** In the order in which they are asked. */
export const rules: readonly Rule[] = [
  hardDenial,
  rejectedRecord,
  invalidName,
  uninstalled,
  keptByNamespace,
  keptByName,
  keptByRecord,
  keptByOwner,
  excluded,
  owned,
  foreign,
  unknownAge,
  youngPending,
  tooYoung,
];

/** Asks the rules; what none of them keeps is purged. */
export function decide(input: RuleInput): Verdict {
  for (const rule of rules) {
    const verdict = rule(input);
    if (verdict !== undefined) return verdict;
  }
  const lapsed = lapsedKeep(input.home, input.release, input.nowMs);
  const reason = 'its namespace is selected and nothing keeps it';
  return lapsed === undefined
    ? { action: 'purge', rule: 'selected', reason }
    : { action: 'purge', rule: 'selected', reason: `${reason} now: ${lapsed}`, isDoubtful: true };
}

/** Milliseconds since the latest record was written or changed; undefined where its labels do not say so credibly. */
export function ageOf(release: Pick<StoredRelease, 'latest'>, nowMs: number): number | undefined {
  const touchedMs = lastTouchedMs(release.latest);
  if (touchedMs === undefined || touchedMs > nowMs + clockMarginMs) return undefined;
  return Math.max(0, nowMs - touchedMs);
}

function hardDenial({ release, operator }: RuleInput): Verdict | undefined {
  const denial = releaseDenial(release, operator);
  return denial === undefined ? undefined : keep('hard-denial', denial);
}

function rejectedRecord({ rejected }: RuleInput): Verdict | undefined {
  const [first] = rejected;
  if (first === undefined) return undefined;
  return doubtful(
    'rejected-record',
    `secret ${first.secretName} claims to be its record and is none: it ${first.reason}`,
  );
}

/** Helm's own rule; whatever else the label says never becomes an argument. */
function invalidName({ release: { name } }: RuleInput): Verdict | undefined {
  return isNameOfRelease(name)
    ? undefined
    : doubtful('invalid-name', `${quoteUntrusted(name)} is not a name that Helm gives`);
}

function uninstalled({ release }: RuleInput): Verdict | undefined {
  if (release.latest.status !== 'uninstalled') return undefined;
  return keep(
    'uninstalled',
    'it is uninstalled already; what is left is its history, kept on purpose (--keep-history)',
  );
}

function keptByNamespace({ release, home, nowMs }: RuleInput): Verdict | undefined {
  return fromKeep('keep-namespace', keepOnNamespace(home, release.namespace, nowMs));
}

function keptByName({ release, home, nowMs }: RuleInput): Verdict | undefined {
  return fromKeep('keep-release', keepOfRelease(home, release, nowMs));
}

function keptByRecord({ release, nowMs }: RuleInput): Verdict | undefined {
  for (const record of release.annotated) {
    const verdict = fromKeep('keep-record', keepOnRecord(record, nowMs));
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

function keptByOwner({ owners = [], nowMs }: RuleInput): Verdict | undefined {
  for (const owner of owners) {
    const verdict = fromKeep('keep-owner', keepOnOwner(owner, owner.what, nowMs));
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

function excluded({ release, settings }: RuleInput): Verdict | undefined {
  return settings.isExcluded(release.name) ? keep('exclude', "its name is in the policy's exclude") : undefined;
}

/** Whatever the owner is worth: a forged label keeps a release, and never purges one. */
function owned({ release }: RuleInput): Verdict | undefined {
  if (release.owner === undefined) return undefined;
  return keep('owned', `it belongs to a ${release.owner} resource, which would install it again (ownedReleases: Skip)`);
}

/** As with {@link owned}: whoever writes a HelmRelease about a release of others keeps it, and no more. */
function foreign({ release, owners = [], settings }: RuleInput): Verdict | undefined {
  if (settings.shouldPurgeForeign) return undefined;
  const [owner] = owners;
  if (owner !== undefined) return foreignVerdict(`${owner.what} of Flux`);
  const labels = { ...release.latest.annotations, ...release.latest.labels };
  return Object.keys(labels).some(isFluxKey) ? foreignVerdict('Flux') : undefined;
}

/** The verdict on a release that another controller would install again. */
export function foreignVerdict(controller: string): Verdict {
  return keep('foreign', `it belongs to ${controller}, which would install it again (foreignReleases: Skip)`);
}

/** Whether a label or annotation is one by which Flux' helm-controller marks what is its own. */
export function isFluxKey(key: string): boolean {
  return key.startsWith('helm.toolkit.fluxcd.io/');
}

function unknownAge({ release, nowMs }: RuleInput): Verdict | undefined {
  if (ageOf(release, nowMs) !== undefined) return undefined;
  return doubtful('unknown-age', 'its record does not say when it was written (labels createdAt, modifiedAt)');
}

function youngPending({ release, nowMs }: RuleInput): Verdict | undefined {
  const ageMs = ageOf(release, nowMs) ?? 0;
  const { status } = release.latest;
  if (!status.startsWith('pending-') || ageMs >= youngPendingMs) return undefined;
  return keep('young-pending', `it is ${status} since ${minutes(ageMs)}: an install or upgrade may still be at work`);
}

/** What is half gone is nobody's new work, however late helm wrote into its record that it goes: the next run finishes it. */
function tooYoung({ release, settings, nowMs }: RuleInput): Verdict | undefined {
  if (release.latest.status === 'uninstalling') return undefined;
  const ageMs = ageOf(release, nowMs) ?? 0;
  if (ageMs >= settings.minAgeMs) return undefined;
  return keep('min-age', `it was changed ${minutes(ageMs)} ago, less than minAge (${minutes(settings.minAgeMs)})`);
}

function fromKeep(rule: PlanRule, verdict: KeepVerdict | undefined): Verdict | undefined {
  if (verdict === undefined) return undefined;
  return verdict.isDoubtful ? doubtful(rule, verdict.reason) : keep(rule, verdict.reason);
}

function keep(rule: PlanRule, reason: string): Verdict {
  return { action: 'keep', rule, reason };
}

function doubtful(rule: PlanRule, reason: string): Verdict {
  return { action: 'keep', rule, reason, isDoubtful: true };
}

function minutes(ms: number): string {
  return ms < 120_000 ? `${Math.floor(ms / 1_000)} s` : `${Math.floor(ms / 60_000)} min`;
}
