// Every field of a PurgePolicy and what it may say. The CRD's schema (api/v1alpha1/purge-policy-schema.ts) says the same as far as it
// can, and a test asks both.
import type { LabelSelector, LabelSelectorRequirement } from '../../api/v1alpha1/label-selector.ts';
import { PolicyBound, PolicyPattern } from '../../api/v1alpha1/policy-rules.ts';
import type { AllowedKind, PurgePolicySpec } from '../../api/v1alpha1/purge-policy.ts';
import { parseGoDuration } from '../../lib/go-duration.ts';
import { parseExpression } from '../../schedule/expression.ts';
import { TimeZone } from '../../schedule/time-zone.ts';
import { atMost, type Decoder, flag, integer, listOf, mapOf, object, oneOf, report, text } from './decoder.ts';
import { labelKeyProblem, labelValueProblem, selectorProblem } from './namespace-selector.ts';

const schedule = text('a schedule such as "0 20 * * 1-5"', (value) =>
  problemOf(() => {
    if (value.length > PolicyBound.scheduleLength) throw new RangeError(tooLong(PolicyBound.scheduleLength));
    parseExpression(value);
  }),
);
const timeZone = text('a time zone such as Europe/Berlin', (value) => problemOf(() => new TimeZone(value)));
const glob = text('a release name or glob such as "*-db"', (value) => {
  if (value.length > PolicyBound.globLength) return tooLong(PolicyBound.globLength);
  return PolicyPattern.releaseGlob.test(value)
    ? undefined
    : `${JSON.stringify(value)} matches no release: write lower-case letters, digits, "-" and ".", with *, ? and {a,b}`;
});
const holiday = text('a date such as 2026-12-25', (value) => {
  const date = new Date(`${value}T00:00:00Z`);
  const isDate =
    /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
  return isDate ? undefined : `${JSON.stringify(value)} is not a date (YYYY-MM-DD)`;
});

function duration(min: 'positive' | 'zero'): Decoder<string> {
  return text('a duration such as 90s, 5m or 1h30m', (value) => {
    if (value.length > PolicyBound.durationLength) return tooLong(PolicyBound.durationLength);
    const ms = parseGoDuration(value);
    if (ms === undefined) return `${JSON.stringify(value)} is not a duration such as 90s, 5m or 1h30m`;
    if (value.startsWith('-')) return `${JSON.stringify(value)} is negative`;
    return min === 'positive' && ms < 1_000 ? `${JSON.stringify(value)} is less than a second` : undefined;
  });
}

const requirement: Decoder<LabelSelectorRequirement> = (source) => {
  const decoded = object<LabelSelectorRequirement>(
    {
      key: text('a label key', labelKeyProblem),
      operator: oneOf('In', 'NotIn', 'Exists', 'DoesNotExist'),
      values: atMost(PolicyBound.selectorValues, listOf(text('a label value', labelValueProblem))),
    },
    { required: ['key', 'operator'] },
  )(source);
  if (decoded?.operator === undefined) return decoded;
  const takesValues = decoded.operator === 'In' || decoded.operator === 'NotIn';
  const hasValues = (decoded.values?.length ?? 0) > 0;
  if (takesValues !== hasValues) {
    return report(source, `${decoded.operator} takes ${takesValues ? 'at least one value' : 'no values'}`);
  }
  return decoded;
};

const namespaceSelector: Decoder<LabelSelector> = (source) => {
  const before = source.problems.length;
  const selector = object<LabelSelector>({
    matchLabels: atMost(
      PolicyBound.selectorTerms,
      mapOf(text('a label value (quote true, false and numbers)', labelValueProblem), labelKeyProblem),
    ),
    matchExpressions: atMost(PolicyBound.selectorTerms, listOf(requirement)),
  })(source);
  if (selector === undefined || source.problems.length > before) return undefined;
  const problem = selectorProblem(selector);
  return problem === undefined ? selector : report(source, problem);
};

const allowedKind: Decoder<AllowedKind> = object<AllowedKind>(
  {
    group: text('an API group (empty for the core group)', (value) =>
      PolicyPattern.apiGroup.test(value) ? undefined : `${JSON.stringify(value)} is not an API group`,
    ),
    kind: text('a kind', (value) =>
      PolicyPattern.kind.test(value) ? undefined : `${JSON.stringify(value)} is not a kind, such as ClusterRole`,
    ),
  },
  { required: ['group', 'kind'] },
);

/** `spec`. */
export const policySpec: Decoder<PurgePolicySpec> = object<PurgePolicySpec>(
  {
    schedule,
    timeZone,
    startingDeadlineSeconds: integer({ min: 0 }),
    concurrencyPolicy: oneOf('Forbid'),
    successfulRunsHistoryLimit: integer({ min: 0 }),
    failedRunsHistoryLimit: integer({ min: 0 }),
    suspend: flag,
    mode: oneOf('DryRun', 'Enforce'),
    namespaceSelector,
    exclude: atMost(PolicyBound.globs, listOf(glob)),
    minAge: duration('zero'),
    ownedReleases: oneOf('Skip', 'Sleep', 'Delete'),
    foreignReleases: oneOf('Skip', 'Purge'),
    volumes: oneOf('Keep', 'Delete'),
    serviceAccount: text('the name of a ServiceAccount', (value) =>
      PolicyPattern.name.test(value) ? undefined : `${JSON.stringify(value)} is not the name of a ServiceAccount`,
    ),
    allowedKinds: atMost(PolicyBound.allowedKinds, listOf(allowedKind)),
    limits: object({
      maxReleases: integer({ min: 1 }),
      maxReleasesPerNamespace: integer({ min: 1 }),
      maxNamespaces: integer({ min: 1 }),
      maxPercent: integer({ min: 1, max: 100 }),
      maxConsecutiveFailures: integer({ min: 1 }),
    }),
    concurrency: integer({ min: 1, max: PolicyBound.concurrency }),
    perNamespace: integer({ min: 1, max: PolicyBound.concurrency }),
    releaseTimeout: duration('positive'),
    deadline: duration('positive'),
    undo: object({ retention: duration('positive') }),
    notice: duration('zero'),
    wakeSchedule: schedule,
    calendar: object({ holidays: atMost(PolicyBound.holidays, listOf(holiday)) }),
  },
  { required: ['namespaceSelector'] },
);

function tooLong(max: number): string {
  return `it is longer than ${max} characters`;
}

function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.message}${remedyOf(error)}` : String(error);
  }
}

function remedyOf(error: Error): string {
  return 'remedy' in error && typeof error.remedy === 'string' ? `. ${error.remedy}` : '';
}
