// The OpenAPI schema of a PurgeRun; it says what purge-run.ts types.
import { objectSchema } from '../crd/object-schema.ts';
import type { StructuralSchema } from '../crd/structural-schema.ts';
import { PolicyPattern } from './policy-rules.ts';
import {
  PurgeRunBound,
  PurgeRunConditionType,
  PurgeRunPhase,
  purgeRunLeftReasons,
  purgeRunStopCauses,
} from './purge-run.ts';
import { conditionsSchema, count, text, time } from './status-schema-parts.ts';

const spec: StructuralSchema = {
  type: 'object',
  description: 'What is asked for; it cannot be changed afterwards.',
  required: ['policy'],
  'x-kubernetes-validations': [
    { rule: 'self == oldSelf', message: 'a run cannot be changed once it was asked for: create another PurgeRun' },
  ],
  properties: {
    policy: {
      type: 'string',
      minLength: 1,
      maxLength: 253,
      pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
      description: 'Name of the PurgePolicy.',
    },
    dryRun: { type: 'boolean', description: 'Plan and report, and delete nothing. Default: false.' },
    namespaces: {
      type: 'array',
      description: "Only these of the policy's namespaces: narrows, never widens. Default: all of them.",
      minItems: 1,
      maxItems: PurgeRunBound.namespaces,
      'x-kubernetes-list-type': 'atomic',
      items: { type: 'string', maxLength: 63, pattern: PolicyPattern.name.source },
    },
  },
};

const leftObject: StructuralSchema = {
  type: 'object',
  required: ['kind', 'name', 'why'],
  properties: {
    group: text('Group of the object; none for the core group.', 253),
    kind: text('Kind of the object.', 63),
    namespace: text('Namespace of the object; none for a cluster-scoped one.', 63),
    name: text('Name of the object.', 253),
    why: { type: 'string', enum: [...purgeRunLeftReasons], description: 'Why it is still there.' },
    finalizers: {
      type: 'array',
      description: 'What holds it.',
      maxItems: PurgeRunBound.finalizers,
      'x-kubernetes-list-type': 'atomic',
      items: { type: 'string', maxLength: 253 },
    },
    size: text('Of a volume claim: its capacity, else what it asks for.', 63),
  },
};

const outcome: StructuralSchema = {
  type: 'object',
  required: ['namespace', 'name', 'revision', 'result'],
  properties: {
    namespace: text('Namespace of the release.', 63),
    name: text('Name of the release.', 253),
    revision: count('Revision that the plan saw.'),
    chart: text('Chart as name-version.', 253),
    result: { type: 'string', enum: ['purged', 'failed', 'skipped', 'not-started'] },
    durationMs: count('How long it took, in milliseconds.'),
    code: text('Of a failure, or of a release that helm could not be trusted with: stable, for programs.', 63),
    message: text('Why, for people.', PurgeRunBound.messageLength),
    driver: { type: 'string', description: 'What uninstalled it.', enum: ['helm', 'native'] },
    driverReason: text('Why it was helm, where native comes first.', PurgeRunBound.driverReasonLength),
    left: {
      type: 'array',
      description: 'What was still there of it when the run was over.',
      maxItems: PurgeRunBound.left,
      'x-kubernetes-list-type': 'atomic',
      items: leftObject,
    },
    leftOmitted: count('Objects that found no room in that list.'),
  },
};

const capHit: StructuralSchema = {
  type: 'object',
  required: ['cap', 'limit', 'found', 'reason'],
  properties: {
    cap: { type: 'string', enum: ['maxReleases', 'maxNamespaces', 'maxPercent'] },
    limit: count('What the policy allows.'),
    found: { type: 'number', minimum: 0, description: 'What there was.' },
    reason: text('In a sentence.', PurgeRunBound.messageLength),
  },
};

const counts = (description: string, fields: Readonly<Record<string, string>>): StructuralSchema => ({
  type: 'object',
  description,
  required: Object.keys(fields),
  properties: Object.fromEntries(Object.entries(fields).map(([name, meaning]) => [name, count(meaning)])),
});

const status: StructuralSchema = {
  type: 'object',
  description: 'What happened.',
  properties: {
    phase: {
      type: 'string',
      enum: Object.values(PurgeRunPhase),
      description: 'Where the run is. Blocked: a cap was hit, and nothing at all was deleted.',
    },
    conditions: conditionsSchema(
      'Complete or Failed is True once the run is over.',
      Object.values(PurgeRunConditionType),
    ),
    policy: {
      type: 'object',
      description: 'The policy as it was when the run began.',
      required: ['uid', 'generation'],
      properties: { uid: text('UID of the policy.', 63), generation: count('Generation of the policy.') },
    },
    serviceAccount: text("The policy's serviceAccount when the run began.", 253),
    undoRetentionMs: count(
      "The policy's undo.retention when the run began, in milliseconds: so long from its end on it stays, to be brought back.",
    ),
    requestedBy: text("Who asked: a user's name, or the schedule.", PurgeRunBound.identityLength),
    worker: text('Who worked: host or pod, with an id of the process.', PurgeRunBound.identityLength),
    startedAt: time('When the run began.'),
    completedAt: time('When it was over.'),
    planned: counts('What the plan said.', {
      purge: 'Releases to purge.',
      keep: 'Releases to keep.',
      namespaces: 'Namespaces where something would go.',
    }),
    capsHit: {
      type: 'array',
      description: 'Caps of the run that were hit: not empty means that nothing at all was deleted.',
      maxItems: 3,
      'x-kubernetes-list-type': 'atomic',
      items: capHit,
    },
    counts: counts('What became of the releases.', {
      purged: 'Gone.',
      failed: 'Not gone, with a reason.',
      skipped: 'Changed since the plan, or gone already.',
      notStarted: 'Not reached.',
      kept: 'Kept by the plan.',
    }),
    stoppedBy: {
      type: 'string',
      enum: purgeRunStopCauses,
      description: 'Why the run ended before its end.',
    },
    outcomes: {
      type: 'array',
      description: 'What became of each release, the failed ones first.',
      maxItems: PurgeRunBound.outcomes,
      'x-kubernetes-list-type': 'atomic',
      items: outcome,
    },
    outcomesOmitted: count('Outcomes that found no room in the list.'),
    undo: {
      type: 'object',
      description:
        'The way back of each release, by namespace/name: revision, undo Secret, its digest and the uid of the namespace.',
      // atomic: else managedFields would name every key once more
      'x-kubernetes-map-type': 'atomic',
      additionalProperties: { type: 'string', maxLength: PurgeRunBound.undoNoteLength },
    },
  },
};

/** Schema of the whole object. */
export const purgeRunSchema = objectSchema({
  description: 'One execution of a PurgePolicy, and its record.',
  required: ['spec'],
  spec,
  status,
});
