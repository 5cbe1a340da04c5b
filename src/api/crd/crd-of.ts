// The frame of a CustomResourceDefinition: what all of ours have in common.
import type { GroupVersionKind } from '../v1alpha1/group-version.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  /** 1: shown by `-o wide` alone. Default 0. */
  readonly priority?: 1;
}

/** What goes into the frame. */
export interface CrdParts {
  readonly gvk: GroupVersionKind;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly plural: string;
  /** Empty: none. */
  readonly shortNames: readonly string[];
  /** Empty: none. */
  readonly categories: readonly string[];
  readonly columns: readonly PrinterColumn[];
  /** Of the whole object. */
  readonly schema: StructuralSchema;
}

/** The document: one version, served and stored, with the `status` subresource. */
export function crdOf(parts: CrdParts): Readonly<Record<string, unknown>> {
  const { gvk, scope, plural, shortNames, categories, columns, schema } = parts;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${gvk.group}` },
    spec: {
      group: gvk.group,
      scope,
      names: {
        kind: gvk.kind,
        listKind: `${gvk.kind}List`,
        plural,
        singular: gvk.kind.toLowerCase(),
        ...(shortNames.length === 0 ? {} : { shortNames }),
        ...(categories.length === 0 ? {} : { categories }),
      },
      versions: [
        {
          name: gvk.version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}
