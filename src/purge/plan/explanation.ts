// Why one release goes or stays: the selection term by term, each rule with what it saw, the caps, as data. Pure.
import type { LabelSelector } from '../../api/v1alpha1/label-selector.ts';
import { matchesTerm } from '../../api/v1alpha1/match-labels.ts';
import { requirementText } from '../../api/v1alpha1/selector-text.ts';
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import type { ContentFindings } from './content-rules.ts';
import type { CapHit, PlanAction, PlanNamespace, PlanRule, Verdict } from './plan.ts';
import { planRules } from './plan.ts';
import { type Sight, sights } from './rule-sights.ts';
import { type RuleInput, rules } from './rules.ts';

/** One term of the policy's selector against the namespace's labels. */
export interface TermSight {
  /** As in a query: `team=a`, `stage in (dev,test)`. */
  readonly term: string;
  readonly found: string;
  readonly holds: boolean;
}

/** One rule, asked of the release whatever the rules before it said. */
export interface RuleSight {
  readonly rule: PlanRule;
  /** The facts that it looked at. */
  readonly saw: string;
  /**
   * `decides`: the first that spoke. `speaks`: it would keep the release too, if those before it did not. `silent`: it
   * leaves the decision to the next. `not-asked`: what it needs is not read once another rule of the content has spoken.
   */
  readonly says: 'decides' | 'speaks' | 'silent' | 'not-asked';
  /** Of what it said. */
  readonly reason?: string;
}

/** A cap, and how much of it is used. */
export interface CapSight {
  readonly cap: CapHit['cap'] | 'maxReleasesPerNamespace';
  /** Absent: the policy sets none. */
  readonly limit?: number;
  readonly found: number;
  readonly isHit: boolean;
}

/** All that decides about one release. */
export interface Explanation {
  readonly apiVersion: 'velotio.com/v1alpha1';
  readonly kind: 'PurgeExplanation';
  readonly policy: string;
  readonly context: string;
  readonly server: string;
  readonly createdAt: string;
  readonly namespace: string;
  readonly name: string;
  readonly selection: {
    readonly state: PlanNamespace['state'] | 'absent';
    readonly reason: string;
    readonly terms: readonly TermSight[];
  };
  /** Absent where there is no such release. */
  readonly release?: {
    readonly revision: number;
    readonly status: string;
    readonly revisions: number;
    readonly createdAt?: string;
    readonly modifiedAt?: string;
    readonly ageMs?: number;
    readonly owner?: string;
    readonly chart?: string;
    readonly leaves?: readonly string[];
    /** What an undo would not bring back, as in the plan. */
    readonly notRestored?: readonly string[];
  };
  /** What the plan would say. Absent where there is no such release. */
  readonly verdict?: { readonly action: PlanAction; readonly rule?: PlanRule; readonly reason: string };
  /** In the order in which they are asked. */
  readonly rules: readonly RuleSight[];
  readonly caps: readonly CapSight[];
  /** `namespace/name` of what may be meant, the nearest first, where there is no such release. */
  readonly nearest: readonly string[];
}

/** The selector, term by term. */
export function explainSelector(
  selector: LabelSelector,
  labels: Readonly<Record<string, string>>,
): readonly TermSight[] {
  const found = (key: string): string => {
    const value = labels[key];
    return value === undefined ? `no label ${key}` : `${key}=${quoteUntrusted(value)}`;
  };
  return [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
      term: `${key}=${value}`,
      found: found(key),
      holds: labels[key] === value,
    })),
    ...(selector.matchExpressions ?? []).map((term) => ({
      term: requirementText(term),
      found: found(term.key),
      holds: matchesTerm(term, labels),
    })),
  ];
}

/** What the rules after the metadata have to say. */
export interface LaterFindings {
  /** Releases of the namespace that would go, before the namespace's cap. */
  readonly goingInNamespace: number;
  readonly maxReleasesPerNamespace: number;
  readonly content: ContentFindings;
}

/** Rules that read the record, in the order in which they are asked. */
const contentRules: readonly PlanRule[] = [
  'unreadable-record',
  'record-mismatch',
  'foreign',
  'delete-hooks',
  'outside-namespace',
  'volumes',
];

/** Every rule with what it saw: those of the metadata, the namespace's cap, those of the content. The first that speaks decides. */
export function explainRules(input: RuleInput, later: LaterFindings): readonly RuleSight[] {
  const told = [
    ...rules.map((rule, index): RuleSight => {
      const id = planRules[index] ?? 'selected';
      return sight(id, { saw: sightOf(id)(input), verdict: rule(input) });
    }),
    capSight(later),
    ...contentSights(later.content),
  ];
  const first = told.findIndex(({ says }) => says === 'speaks');
  return told.map((one, index) => (index === first ? { ...one, says: 'decides' } : one));
}

function sightOf(rule: PlanRule): Sight {
  const known: Readonly<Partial<Record<PlanRule, Sight>>> = sights;
  return known[rule] ?? (() => '');
}

function sight(rule: PlanRule, { saw, verdict }: { saw: string; verdict: Verdict | undefined }): RuleSight {
  return verdict === undefined ? { rule, saw, says: 'silent' } : { rule, saw, says: 'speaks', reason: verdict.reason };
}

function capSight({ goingInNamespace: going, maxReleasesPerNamespace: limit }: LaterFindings): RuleSight {
  const saw = `${going} of the namespace's releases would go, ${limit} may (maxReleasesPerNamespace)`;
  const isOver = going > limit;
  const reason = `more than ${limit} releases of its namespace would go (maxReleasesPerNamespace)`;
  return { rule: 'namespace-cap', saw, says: isOver ? 'speaks' : 'silent', ...(isOver ? { reason } : {}) };
}

function contentSights({ verdict, chart }: ContentFindings): readonly RuleSight[] {
  const spoke = verdict === undefined ? contentRules.length : contentRules.indexOf(verdict.rule);
  const of = chart === '' ? 'the stored records' : `the records and the manifest, chart ${quoteUntrusted(chart)}`;
  return contentRules.map((rule, index): RuleSight => {
    if (index > spoke) return { rule, saw: 'nothing: the rule before it has spoken', says: 'not-asked' };
    return sight(rule, { saw: of, verdict: index === spoke ? verdict : undefined });
  });
}
