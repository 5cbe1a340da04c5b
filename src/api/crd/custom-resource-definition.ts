// The CustomResourceDefinition of a watched kind: names, columns, limits, and the schemas of spec and status.

import type { GroupVersionKind } from '../v1alpha1/group-version.ts';
import { MAX_RELEASE_NAME_LENGTH } from '../v1alpha1/watched-resource.ts';
import { watchedStatusSchema } from '../v1alpha1/watched-status-schema.ts';
import { crdOf } from './crd-of.ts';
import { objectSchema } from './object-schema.ts';
import { pluralOf } from './plural.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** What differs between kinds. */
export interface CrdOptions {
  readonly gvk: GroupVersionKind;
  /** Schema of `spec`; {@link openSpec} where the chart has none. */
  readonly spec: StructuralSchema;
  /** Default `Namespaced`. */
  readonly scope?: 'Namespaced' | 'Cluster';
  /** Default: the regular English plural. */
  readonly plural?: string;
  /** Default none. */
  readonly shortNames?: readonly string[];
  /** What the kind is, for `kubectl explain`. */
  readonly description: string;
}

/** The category of every kind that the operator reconciles: `kubectl get bookstore-operator -A`. */
const CRD_CATEGORY = 'bookstore-operator';

/** A `spec` of which nothing is known, as operator-sdk scaffolds it. */
export const openSpec: StructuralSchema = {
  description: 'Values of the chart.',
  type: 'object',
  'x-kubernetes-preserve-unknown-fields': true,
};

const readyOf = (field: 'status' | 'reason' | 'message'): string => `.status.conditions[?(@.type=="Ready")].${field}`;

/** The document, ready to be printed or applied. */
export function customResourceDefinition(options: CrdOptions): Readonly<Record<string, unknown>> {
  const { gvk, spec, scope = 'Namespaced', shortNames = [] } = options;
  const plural = options.plural ?? pluralOf(gvk.kind);
  const root = objectSchema({
    description: options.description,
    'x-kubernetes-validations': [
      {
        rule: `size(self.metadata.name) <= ${MAX_RELEASE_NAME_LENGTH}`,
        message: `metadata.name must be at most ${MAX_RELEASE_NAME_LENGTH} characters: it is the name of the Helm release, and that is Helm's limit`,
      },
    ],
    spec,
    status: watchedStatusSchema,
  });
  return crdOf({
    gvk,
    scope,
    plural,
    shortNames,
    categories: [CRD_CATEGORY],
    columns: [
      { name: 'Ready', type: 'string', jsonPath: readyOf('status') },
      { name: 'Status', type: 'string', jsonPath: readyOf('reason') },
      { name: 'Revision', type: 'integer', jsonPath: '.status.release.revision' },
      { name: 'Chart', type: 'string', jsonPath: '.status.release.chart' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      // shown by -o wide
      { name: 'App version', type: 'string', jsonPath: '.status.release.appVersion', priority: 1 },
      { name: 'Deployed', type: 'date', jsonPath: '.status.release.lastDeployed', priority: 1 },
      { name: 'Failures', type: 'integer', jsonPath: '.status.failures', priority: 1 },
      { name: 'Message', type: 'string', jsonPath: readyOf('message'), priority: 1 },
    ],
    schema: root,
  });
}
