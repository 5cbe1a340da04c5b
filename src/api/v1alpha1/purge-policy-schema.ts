// The OpenAPI schema of a PurgePolicy: what the API server lets in, and in what words it refuses the rest.
import { objectSchema } from '../crd/object-schema.ts';
import type { StructuralSchema, ValidationRule } from '../crd/structural-schema.ts';
import { PolicyBound, PolicyPattern } from './policy-rules.ts';
import { PurgePolicyConditionType } from './purge-policy.ts';
import { conditionsSchema, count, text, time } from './status-schema-parts.ts';

/** What JavaScript counts exactly: a larger number would be another one for the program that reads it. */
const maxInteger = Number.MAX_SAFE_INTEGER;

/** A pattern as a CEL string. */
const cel = (pattern: RegExp): string => JSON.stringify(pattern.source);

const words = (description: string, ...values: readonly string[]): StructuralSchema => ({
  type: 'string',
  enum: values,
  description,
});

const integer = (description: string, { min, max = maxInteger }: { min: number; max?: number }): StructuralSchema => ({
  type: 'integer',
  format: 'int64',
  minimum: min,
  maximum: max,
  description,
});

/** CEL's `duration()` is Go's parser: the syntax needs no pattern of its own, and what is too long fails too. */
const duration = (description: string, min: '0s' | '1s'): StructuralSchema => ({
  type: 'string',
  maxLength: PolicyBound.durationLength,
  description: `${description} A duration such as 90s, 5m or 1h30m.`,
  'x-kubernetes-validations': [
    {
      rule: `!self.startsWith("-") && duration(self) >= duration("${min}")`,
      message: `must be a duration such as 90s, 5m or 1h30m, ${min === '0s' ? 'not negative' : 'of at least a second'}`,
    },
  ],
});

const cronExpression = (description: string): StructuralSchema => ({
  type: 'string',
  minLength: 1,
  maxLength: PolicyBound.scheduleLength,
  description: `${description} Five fields: minute, hour, day of month, month, day of week.`,
});

/** `getHours(zone)` fails for a zone that the API server's database does not have. */
const timeZoneRule: ValidationRule = {
  rule:
    'self.matches("^[A-Za-z][A-Za-z0-9_+/-]*$") && !self.matches("^(Local$|posix/|right/)") && ' +
    'timestamp("2026-01-01T00:00:00Z").getHours(self) >= 0',
  message: 'must be the name of a time zone in the IANA database, such as Europe/Berlin or Etc/UTC',
};

const valuesRule: ValidationRule = {
  rule: '(self.operator in ["In", "NotIn"]) == (has(self.values) && size(self.values) > 0)',
  message: 'In and NotIn take at least one value, Exists and DoesNotExist take none',
};

const labelKeysRule: ValidationRule = {
  rule: `self.all(key, key.matches(${cel(PolicyPattern.labelKey)}))`,
  message: 'every key must be a label key',
};

const isOptIn = (key: string): string => `!${key}.matches(${cel(PolicyPattern.reservedLabelKey)})`;

const optInRule: ValidationRule = {
  rule:
    `(has(self.matchLabels) && self.matchLabels.exists(key, ${isOptIn('key')})) || ` +
    `(has(self.matchExpressions) && self.matchExpressions.exists(term, term.operator == "In" && ${isOptIn('term.key')}))`,
  message:
    'must name at least one label that a namespace carries to opt in (matchLabels or In), outside kubernetes.io and k8s.io, e.g. matchLabels: {purge.velotio.com/enabled: "true"}',
};

const labelValue: StructuralSchema = { type: 'string', maxLength: 63, pattern: PolicyPattern.labelValue.source };

const namespaceSelector: StructuralSchema = {
  type: 'object',
  description:
    'Which namespaces are purged. At least one positive term (matchLabels or In) on a key outside kubernetes.io/ and k8s.io/: a selector that only says what a namespace must not be would match every namespace.',
  'x-kubernetes-map-type': 'atomic',
  'x-kubernetes-validations': [optInRule],
  properties: {
    matchLabels: {
      type: 'object',
      description: 'Labels that a namespace must have.',
      maxProperties: PolicyBound.selectorTerms,
      additionalProperties: labelValue,
      'x-kubernetes-validations': [labelKeysRule],
    },
    matchExpressions: {
      type: 'array',
      description: 'Terms that must all hold.',
      maxItems: PolicyBound.selectorTerms,
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        required: ['key', 'operator'],
        'x-kubernetes-validations': [valuesRule],
        properties: {
          key: {
            type: 'string',
            maxLength: 317,
            pattern: PolicyPattern.labelKey.source,
            description: 'Key of the label.',
          },
          operator: words('How the term compares.', 'In', 'NotIn', 'Exists', 'DoesNotExist'),
          values: {
            type: 'array',
            description: 'Of In and NotIn.',
            maxItems: PolicyBound.selectorValues,
            'x-kubernetes-list-type': 'atomic',
            items: labelValue,
          },
        },
      },
    },
  },
};

const limits: StructuralSchema = {
  type: 'object',
  description: 'Caps: over a cap of the run nothing at all is deleted.',
  properties: {
    maxReleases: integer('Releases of one run. Default: 500.', { min: 1 }),
    maxReleasesPerNamespace: integer(
      'Releases of one namespace; over it that namespace is left out and reported. Default: 50.',
      { min: 1 },
    ),
    maxNamespaces: integer('Namespaces where something would go. Default: 100.', { min: 1 }),
    maxPercent: integer('Percentage of the live releases in the selected namespaces. Default: none.', {
      min: 1,
      max: 100,
    }),
    maxConsecutiveFailures: integer(
      'After so many failures in a row in one namespace nothing more of it is started; after failures in so many namespaces in a row, nothing at all. Default: 10.',
      { min: 1 },
    ),
  },
};

/** Schema of `spec`. Every default is told and none is stored: it is applied by the reader. */
const spec: StructuralSchema = {
  type: 'object',
  description: 'Which releases go, when, and how far a run may go.',
  required: ['namespaceSelector'],
  properties: {
    schedule: cronExpression('When the policy purges by itself; without one only when it is asked to.'),
    timeZone: {
      ...text('IANA zone of the schedules and the holidays. Default: Etc/UTC.', PolicyBound.timeZoneLength),
      'x-kubernetes-validations': [timeZoneRule],
    },
    startingDeadlineSeconds: integer('How late a missed night may still start. Default: 7200.', { min: 0 }),
    concurrencyPolicy: words('A run never overlaps its predecessor.', 'Forbid'),
    successfulRunsHistoryLimit: integer('Finished runs that are kept. Default: 3.', { min: 0 }),
    failedRunsHistoryLimit: integer('Failed runs that are kept. Default: 1.', { min: 0 }),
    suspend: {
      type: 'boolean',
      description: 'No new run, and a run in flight stops between releases. Default: false.',
    },
    mode: words(
      'What the schedule does: tell the plan, or act on it. By hand you are asked instead. Default: DryRun.',
      'DryRun',
      'Enforce',
    ),
    namespaceSelector,
    exclude: {
      type: 'array',
      description: 'Names of releases that are kept; globs of *, ? and {a,b}. Default: none.',
      maxItems: PolicyBound.globs,
      'x-kubernetes-list-type': 'atomic',
      items: { type: 'string', maxLength: PolicyBound.globLength, pattern: PolicyPattern.releaseGlob.source },
    },
    minAge: duration('Releases changed more recently than this are kept. Default: 0s.', '0s'),
    ownedReleases: words(
      "Releases of this operator's resources. Only Skip is available yet. Default: Skip.",
      'Skip',
      'Sleep',
      'Delete',
    ),
    foreignReleases: words('Releases of Flux and of operator-sdk operators. Default: Skip.', 'Skip', 'Purge'),
    volumes: words(
      'Keep keeps a release as a whole if uninstalling it would delete a PersistentVolumeClaim. Default: Keep.',
      'Keep',
      'Delete',
    ),
    serviceAccount: {
      type: 'string',
      pattern: PolicyPattern.name.source,
      description:
        "Name of a ServiceAccount, looked up in each release's namespace, as which every call for that release is made. Needed for releases with delete hooks. Default: ourselves.",
    },
    allowedKinds: {
      type: 'array',
      description:
        "Kinds that are cluster-scoped or outside the release's namespace and may go with a release if they are of exactly that release. Default: none.",
      maxItems: PolicyBound.allowedKinds,
      'x-kubernetes-list-type': 'atomic',
      items: {
        type: 'object',
        required: ['group', 'kind'],
        properties: {
          group: {
            type: 'string',
            pattern: PolicyPattern.apiGroup.source,
            description: 'API group; empty for the core group.',
          },
          kind: { type: 'string', pattern: PolicyPattern.kind.source, description: 'Kind.' },
        },
      },
    },
    limits,
    concurrency: integer(
      'Releases uninstalled at the same time. Default: 8 by helm, else 32, of which helm uninstalls 8.',
      {
        min: 1,
        max: PolicyBound.concurrency,
      },
    ),
    perNamespace: integer('Of those, in one namespace. Default: 2.', { min: 1, max: PolicyBound.concurrency }),
    releaseTimeout: duration('For one release; then helm and what it started are ended. Default: 5m.', '1s'),
    deadline: duration('For the whole run; then nothing more is started. Default: 1h.', '1s'),
    undo: {
      type: 'object',
      description: 'The way back.',
      properties: { retention: duration('How long the undo Secrets are kept. Default: 168h.', '1s') },
    },
    notice: duration('How long before a run the namespaces are told. Default: none.', '0s'),
    wakeSchedule: cronExpression('When sleeping releases come back.'),
    calendar: {
      type: 'object',
      description: 'Days on which the schedule rests.',
      properties: {
        holidays: {
          type: 'array',
          description: 'Local dates such as 2026-12-25.',
          maxItems: PolicyBound.holidays,
          'x-kubernetes-list-type': 'atomic',
          items: { type: 'string', format: 'date' },
        },
      },
    },
  },
};

const status: StructuralSchema = {
  type: 'object',
  description: 'What the schedule did and will do.',
  properties: {
    observedGeneration: count('metadata.generation that this status is about.'),
    conditions: conditionsSchema(
      'Ready is False with the reason InvalidSchedule where the schedule cannot be followed.',
      Object.values(PurgePolicyConditionType),
    ),
    activeRun: text('Name of the PurgeRun in flight.', 253),
    lastScheduleTime: time('When the last run was due.'),
    lastSuccessfulTime: time('When the last run without a failure was over.'),
    nextScheduleTime: time('When the next run is due.'),
    dryRunGeneration: count('The generation of which a dry run was recorded last.'),
  },
};

/** Schema of the whole object. */
export const purgePolicySchema = objectSchema({
  description: 'Which Helm releases are uninstalled after office hours, when, and how far a run may go.',
  required: ['spec'],
  spec,
  status,
});
