// What the verbs of the API take.

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** One object. */
export interface ObjectOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly name: string;
  /** Only `metadata` is sent by the server (PartialObjectMetadata). Default false. */
  readonly isMetadataOnly?: boolean;
}

/** A collection. */
export interface CollectionOptions extends CallOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Only `metadata` is sent by the server (PartialObjectMetadata). Default false. */
  readonly isMetadataOnly?: boolean;
}

/** A listing. */
export interface ListOptions extends CollectionOptions {
  /** Objects per page, 0 for all at once. Default 500, client-go's. */
  readonly pageSize?: number;
  /** Whether a page is asked for again after a failure. Default true; a reflector paces its attempts itself. */
  readonly isRepeated?: boolean;
}

/** A watch. */
export interface WatchOptions extends CollectionOptions {
  readonly resourceVersion: string;
  /** When the server ends the watch by itself, in seconds. */
  readonly timeoutSeconds: number;
}

/** How a change is attributed. */
export interface WriteOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly fieldManager: string;
  /** The server checks everything and stores nothing. Default false. */
  readonly isDryRun?: boolean;
}

/** A creation. */
export interface CreateOptions extends WriteOptions {
  /** Only `metadata` is sent back by the server (PartialObjectMetadata). Default false. */
  readonly isMetadataOnly?: boolean;
}

/** A deletion. */
export interface DeleteOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly name: string;
  /** Delete only this very object. */
  readonly uid?: string;
  /** Delete only what has not been changed since this version. */
  readonly resourceVersion?: string | undefined;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
}

/**
 * What a delete came upon. `absent`: nothing; `gone`: what was there is no more; `going`: it is marked, and stays until its
 * finalizers or its time of grace let it go.
 */
export type Deletion = 'absent' | 'gone' | 'going';
