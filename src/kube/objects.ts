// The shapes of Kubernetes objects that this program reads: the metadata that all have, lists, conditions, errors.

/** `metadata.ownerReferences[]`. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** `metadata.managedFields[]`; `fieldsV1` is opaque here. */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: string;
  /** The version in which the fields are named. */
  readonly apiVersion?: string;
  readonly fieldsType?: string;
  readonly subresource?: string;
  /** RFC 3339: when the manager last changed one of these fields. */
  readonly time?: string;
  readonly fieldsV1?: unknown;
}

/** `metadata` as the API server sends it. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** Any object as the API server sends it. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** An object that we send: the server fills in the rest. */
export interface ObjectInput {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string | undefined;
    /** Makes a write conditional on the very object. */
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly [field: string]: unknown;
}

/** A list, whole or one page of it. */
export interface KubeList<T> {
  /** The version of the collection that these items show. */
  readonly resourceVersion: string;
  /** Token of the next page, absent on the last. */
  readonly continueToken?: string;
  readonly items: readonly T[];
}

/** The API server's own description of a failure. */
export interface StatusBody {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: {
    readonly causes?: readonly { readonly field?: string; readonly message?: string; readonly reason?: string }[];
    readonly retryAfterSeconds?: number;
  };
}

/** `namespace/name`, or `name` for a cluster-scoped object. */
export function objectKey(meta: { readonly namespace?: string | undefined; readonly name: string }): string {
  return meta.namespace === undefined || meta.namespace === '' ? meta.name : `${meta.namespace}/${meta.name}`;
}
