// The JSON schema of a PurgeReport, as `purge run -o json` prints it and as a report file holds it. Pure; docs/ has it as a file.
import { API_VERSION } from '../../api/v1alpha1/group-version.ts';
import { PurgeRunPhase, purgeRunLeftReasons } from '../../api/v1alpha1/purge-run.ts';
import { releaseStatuses } from '../../release/record.ts';
import { type CapHit, type PurgePlan, planRules } from '../plan/plan.ts';
import { type LeftObject, type RetainedStorage, unlookedReasons } from '../verify/left-object.ts';
import { type PurgeReport, type ReleaseOutcome, stopReasons } from './report.ts';
import type { RunFileRecord } from './run-record.ts';
import type { UndoNote } from './run-recorder.ts';

/** A schema of JSON Schema 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

interface Optional {
  readonly optional: JsonSchema;
}

/** A schema for each field of `T`, marked where `T` may lack it: the compiler asks for every one. */
type FieldSchemas<T> = { readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? Optional : JsonSchema };

const string = (description?: string): JsonSchema => ({
  type: 'string',
  ...(description === undefined ? {} : { description }),
});
const count = (description?: string): JsonSchema => ({
  type: 'integer',
  minimum: 0,
  ...(description === undefined ? {} : { description }),
});
const list = (items: JsonSchema, description?: string): JsonSchema => ({
  type: 'array',
  items,
  ...(description === undefined ? {} : { description }),
});
const time: JsonSchema = { type: 'string', format: 'date-time' };
const digest: JsonSchema = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' };
const durationMs = count('Milliseconds.');
const optional = (schema: JsonSchema): Optional => ({ optional: schema });

function object<T>(fields: FieldSchemas<T>, description?: string): JsonSchema {
  const all = Object.entries<JsonSchema | Optional>(fields);
  const isOptional = (schema: JsonSchema | Optional): schema is Optional => 'optional' in schema;
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    required: all.filter(([, schema]) => !isOptional(schema)).map(([name]) => name),
    additionalProperties: false,
    properties: Object.fromEntries(all.map(([name, schema]) => [name, isOptional(schema) ? schema.optional : schema])),
  };
}

type Undo = NonNullable<OutcomeOf<'purged'>['undo']>;
type OutcomeOf<Result extends ReleaseOutcome['result']> = Extract<ReleaseOutcome, { readonly result: Result }>;

const release = {
  namespace: string(),
  name: string(),
  revision: count('That the plan saw; 0 where no record can be trusted.'),
  chart: optional(string('name-version')),
  leaves: optional(list(string(), 'What uninstalling leaves behind although it stands in the manifest: Kind/name.')),
};

const left = optional(
  list(
    object<LeftObject>({
      group: optional(string('Absent: the core group.')),
      kind: string(),
      namespace: optional(string()),
      name: string(),
      why: { enum: purgeRunLeftReasons },
      finalizers: optional(list(string(), 'That hold it.')),
      size: optional(string('Of a volume claim: its capacity, else what it asks for.')),
      detail: optional(string("The annotation's value, or why nothing could be read.")),
    }),
    'What is still there when the run is over.',
  ),
);

const byDriver = {
  driver: optional({ enum: ['helm', 'native'], description: 'What uninstalled it.' }),
  driverReason: optional(string('Why it was helm, where native comes first.')),
};

/** The compiler asks for every kind, and for every field of each. */
const outcomes: { readonly [Result in ReleaseOutcome['result']]: JsonSchema } = {
  purged: object<OutcomeOf<'purged'>>({
    ...release,
    ...byDriver,
    result: { const: 'purged' },
    durationMs,
    note: optional(string()),
    undo: optional(object<Undo>({ secret: string(), revision: count(), digest }, 'The way back.')),
    left,
  }),
  failed: object<OutcomeOf<'failed'>>({
    ...release,
    ...byDriver,
    result: { const: 'failed' },
    durationMs,
    code: string('Stable, for programs.'),
    message: string(),
    remedy: optional(string('What to do next.')),
    record: { enum: ['left', 'gone', 'unknown'], description: 'Whether the very record of the plan is still stored.' },
    left,
  }),
  skipped: object<OutcomeOf<'skipped'>>({
    ...release,
    result: { const: 'skipped' },
    durationMs,
    reason: string(),
    code: optional(string('Stable, where the release was refused.')),
    remedy: optional(string('What to do next.')),
  }),
  'not-started': object<OutcomeOf<'not-started'>>({ ...release, result: { const: 'not-started' }, reason: string() }),
};

const capHit = object<CapHit>({
  cap: { enum: ['maxReleases', 'maxNamespaces', 'maxPercent'] },
  limit: { type: 'number' },
  found: { type: 'number' },
  reason: string(),
});

const kept = object<PurgeReport['kept'][number]>({
  namespace: string(),
  name: string(),
  revision: count(),
  status: { enum: releaseStatuses },
  rule: { enum: planRules },
  reason: string(),
  isDoubtful: optional({ type: 'boolean', description: 'Whether somebody should look at it.' }),
});

const record = object<RunFileRecord>(
  {
    phase: { enum: Object.values(PurgeRunPhase) },
    requestedBy: string(),
    worker: string(),
    lock: optional(string('The Lease that the run held, and as whom: NAMESPACE/NAME IDENTITY.')),
    process: optional(string('By which its death can be proved on the same machine.')),
    serviceAccount: optional(string()),
    undoRetentionMs: optional(
      count(
        "The policy's undo.retention when the run began, in milliseconds: so long from its end on it can be undone.",
      ),
    ),
    ending: optional(string('Of a run whose worker died: what is known of its end.')),
    planned: object<PurgePlan['counts']>({ purge: count(), keep: count(), namespaces: count() }),
    undo: list(
      object<UndoNote>({
        namespace: string(),
        namespaceUid: optional(string('Of the namespace as it was: a copy goes with its namespace.')),
        name: string(),
        revision: count(),
        secret: string(),
        digest,
      }),
    ),
  },
  'In report files alone. While the phase is Running, the report is of what happened until then.',
);

/** The whole schema. */
export const purgeReportSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'PurgeReport',
  ...object<PurgeReport & { readonly record?: RunFileRecord }>({
    apiVersion: { const: API_VERSION },
    kind: { const: 'PurgeReport' },
    run: string('Name of the run, and of its PurgeRun where there is one.'),
    policy: string(),
    context: string(),
    server: string(),
    driver: { enum: ['auto', 'native', 'helm'], description: 'What uninstalled. auto: each outcome says which.' },
    concurrency: { type: 'integer', minimum: 1 },
    startedAt: time,
    durationMs,
    stoppedBy: optional({
      enum: Object.keys(stopReasons),
      description: `Why it ended before its end: ${Object.entries(stopReasons)
        .map((pair) => pair.join(' = '))
        .join('; ')}.`,
    }),
    capsHit: list(capHit, 'Not empty: nothing at all was deleted.'),
    counts: object<PurgeReport['counts']>({
      purged: count(),
      failed: count(),
      skipped: count(),
      notStarted: count(),
      kept: count(),
    }),
    outcomes: list({ oneOf: Object.values(outcomes) }, 'Sorted by namespace and name.'),
    retained: optional(
      object<RetainedStorage>({ claims: count(), bytes: count() }, 'The volume claims that stay, and their size.'),
    ),
    unlooked: optional({
      enum: Object.keys(unlookedReasons),
      description: 'Why not all that the releases may have left was looked at. Absent: all of it was.',
    }),
    kept: list(kept, 'The releases that the plan kept, with the rule that decided.'),
    record: optional(record),
  }),
};
