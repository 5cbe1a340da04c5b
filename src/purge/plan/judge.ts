// From listings to entries and to the frozen plan: pure, and independent of the order in which the server answered.

import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import type { RejectedRecord, ReleaseListing, StoredRelease } from '../../release/group-releases.ts';
import type { OperatorIdentity } from './denials.ts';
import { byKey, type CapHit, type PlanEntry, type PlanNamespace, type PurgePlan } from './plan.ts';
import type { ReleaseOwners } from './release-owners.ts';
import { ageOf, decide, type RuleInput } from './rules.ts';
import type { SelectedNamespace, Selection } from './select.ts';

/** What one namespace's releases are judged by. */
export interface JudgeContext {
  readonly namespace: SelectedNamespace;
  readonly settings: RuleInput['settings'];
  /** Whose the releases are. Default nobody's. */
  readonly owners?: ReleaseOwners;
  readonly operator: OperatorIdentity;
  readonly nowMs: number;
}

/** An entry per release, and one for each rejected record that belongs to none: nothing is passed over in silence. */
export function judge(listing: ReleaseListing, context: JudgeContext): readonly PlanEntry[] {
  const names = new Set(listing.releases.map(({ name }) => name));
  const strays = listing.rejected.filter(({ claimedNames }) => !claimedNames.some((name) => names.has(name)));
  return [
    ...listing.releases.map((release) => judgeRelease(release, listing.rejected, context)),
    ...strays.map((record) => strayEntry(record)),
  ];
}

function judgeRelease(
  release: StoredRelease,
  rejected: readonly RejectedRecord[],
  { namespace, settings, owners, operator, nowMs }: JudgeContext,
): PlanEntry {
  const verdict = decide({
    release,
    home: namespace,
    rejected: rejected.filter(({ claimedNames }) => claimedNames.includes(release.name)),
    owners: owners?.get(`${release.namespace}/${release.name}`) ?? [],
    settings,
    operator,
    nowMs,
  });
  const ageMs = ageOf(release, nowMs);
  const { uid, resourceVersion } = release.latest;
  return {
    namespace: release.namespace,
    name: release.name,
    revision: release.latest.revision,
    status: release.latest.status,
    ...(ageMs === undefined ? {} : { ageMs }),
    ...verdict,
    record: { uid, resourceVersion },
    recordsDigest: release.recordsDigest,
  };
}

function strayEntry({ namespace, secretName, reason }: RejectedRecord): PlanEntry {
  return {
    namespace,
    name: secretName,
    revision: 0,
    status: 'unknown',
    action: 'keep',
    rule: 'rejected-record',
    reason: `secret ${quoteUntrusted(secretName)} is labelled as a record of Helm and is none: it ${reason}`,
    isDoubtful: true,
  };
}

/** The parts of a plan. */
export interface PlanParts {
  readonly policy: string;
  readonly context: string;
  readonly server: string;
  readonly nowMs: number;
  readonly selection: Selection;
  readonly entries: readonly PlanEntry[];
  readonly warnings: readonly string[];
  readonly capsHit: readonly CapHit[];
  readonly namespacesOverCap: ReadonlySet<string>;
}

/** Sorts, counts and freezes. */
export function assemblePlan(parts: PlanParts): PurgePlan {
  const entries = parts.entries.toSorted(byKey);
  const selected = parts.selection.selected.map(({ name, uid }): PlanNamespace => {
    return parts.namespacesOverCap.has(name)
      ? { name, uid, state: 'over-cap', reason: 'more of its releases would go than maxReleasesPerNamespace allows' }
      : { name, uid, state: 'selected', reason: "the policy's namespaceSelector selects it" };
  });
  const namespaces = [...selected, ...parts.selection.leftOut].sort((a, b) => (a.name < b.name ? -1 : 1));
  const purged = entries.filter(({ action }) => action === 'purge');
  return deepFreeze<PurgePlan>({
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'PurgePlan',
    policy: parts.policy,
    context: parts.context,
    server: parts.server,
    createdAt: new Date(parts.nowMs).toISOString(),
    namespaces,
    entries,
    warnings: parts.warnings,
    capsHit: parts.capsHit,
    counts: {
      purge: purged.length,
      keep: entries.length - purged.length,
      namespaces: new Set(purged.map(({ namespace }) => namespace)).size,
    },
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
