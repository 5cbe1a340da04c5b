// The OpenAPI schema of `status`, the same for every watched kind; it says what watched-status.ts types.
import type { StructuralSchema } from '../crd/structural-schema.ts';
import { ConditionType } from './conditions.ts';
import { conditionsSchema, count, text, time } from './status-schema-parts.ts';

const revisionProperties: Readonly<Record<string, StructuralSchema>> = {
  revision: count("Helm's revision."),
  status: text("Helm's status of the revision."),
  chart: text('Chart as name-version.'),
  appVersion: text('Version of the application in the chart.'),
  digest: text('Digest of chart, values and helm flags that the revision was made from.'),
  contentDigest: text('Digest of manifest and hooks as helm wrote them.'),
  firstDeployed: time('When the release was first deployed.'),
  lastDeployed: time('When the revision was deployed.'),
};

const inventoryEntry: StructuralSchema = {
  type: 'object',
  required: ['group', 'kind', 'name', 'uid'],
  properties: {
    group: text('API group, empty for the core group.'),
    kind: text('Kind.'),
    namespace: text('Namespace; absent for a cluster-scoped object.'),
    name: text('Name.'),
    uid: text('UID, so that an object that was made anew is noticed.'),
    generation: count('Generation right after helm applied it.'),
    appliedHash: text("Hash of helm's apply entry in managedFields."),
    ttlSecondsAfterFinished: count('Of a Job that goes when it is done: after how long.'),
  },
};

/** Schema of `status`. */
export const watchedStatusSchema: StructuralSchema = {
  type: 'object',
  description: 'What the operator saw and did; never the manifest, never the data of a Secret.',
  properties: {
    observedGeneration: count('metadata.generation that this status is about.'),
    conditions: conditionsSchema(
      'Ready is the summary; Reconciling and Stalled are there only while they are true.',
      Object.values(ConditionType),
    ),
    release: {
      type: 'object',
      description: 'The Helm release behind this resource.',
      required: ['name', 'namespace', 'revision', 'status'],
      properties: {
        name: text('Name of the release.'),
        namespace: text('Namespace of the release.'),
        ...revisionProperties,
      },
    },
    history: {
      type: 'array',
      description: 'Earlier revisions, newest first.',
      'x-kubernetes-list-type': 'atomic',
      items: { type: 'object', required: ['revision', 'status'], properties: revisionProperties },
    },
    inventory: {
      type: 'array',
      description: 'Objects of the release as they were right after helm applied them.',
      'x-kubernetes-list-type': 'atomic',
      items: inventoryEntry,
    },
    failures: count('Tries spent in a row since the last success or change.'),
    lastFailure: {
      type: 'object',
      description: 'The last of them: kept so that a restart of the operator forgets none.',
      required: ['digest', 'action', 'reason', 'message', 'time'],
      properties: {
        digest: text('Digest of the desired state that was tried.'),
        action: text('What failed: install, upgrade, rollback, uninstall, or ready.'),
        reason: text('Why, in one word.'),
        message: text('Why, for people.'),
        isTerminal: { type: 'boolean', description: 'Trying again cannot help until something changes.' },
        isPassing: { type: 'boolean', description: 'It says nothing about the revision, and has spent no try.' },
        revision: count("The release's latest revision at the time."),
        inRow: count('Failures in a row, those included that spent no try; absent: as many as spent one.'),
        forceRequestedAt: text('The force-requested-at annotation at the time.'),
        time: time('When it failed.'),
      },
    },
    readyRevision: count('The last revision whose workloads were all ready.'),
    unreadySince: time('Since when workloads are seen not to be ready.'),
    lastHandledReconcileAt: text('The reconcile-requested-at annotation that was last obeyed.'),
    lastHandledForceAt: text('The force-requested-at annotation that was last obeyed.'),
  },
};
