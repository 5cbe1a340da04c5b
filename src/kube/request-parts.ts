// From the options of a call to the parts of its request. Pure.
import type { CollectionOptions, DeleteOptions, WriteOptions } from './call-options.ts';

/** What a request accepts that wants metadata alone. */
const metadataAccept = {
  one: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
} as const;

/** Nothing where the whole is wanted: JSON is what a request accepts by itself. */
export function acceptOf(
  what: keyof typeof metadataAccept,
  { isMetadataOnly }: { readonly isMetadataOnly?: boolean },
): { readonly accept?: string } {
  return isMetadataOnly === true ? { accept: metadataAccept[what] } : {};
}

/** Which objects of a collection. */
export function collectionQuery({ labelSelector, fieldSelector }: CollectionOptions): Query {
  return { labelSelector, fieldSelector };
}

/** How a change is checked and attributed. */
export function writeQuery(options: WriteOptions): Query {
  return {
    fieldManager: options.fieldManager,
    fieldValidation: 'Strict',
    dryRun: options.isDryRun === true ? 'All' : undefined,
  };
}

/** Of the body of a delete: which object, in which state. */
export function preconditionsOf({ uid, resourceVersion }: DeleteOptions): { readonly preconditions?: object } {
  // what is undefined is not sent
  return uid === undefined && resourceVersion === undefined ? {} : { preconditions: { uid, resourceVersion } };
}

/** What is undefined is not sent. */
type Query = Readonly<Record<string, string | undefined>>;
