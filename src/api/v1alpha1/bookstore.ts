// BookStore: the kind that we ship, mapped to charts/bookstore.
import { type API_VERSION, GROUP, type GroupVersionKind, VERSION } from './group-version.ts';
import type { WatchedResource } from './watched-resource.ts';

/** The kind's name. */
export const BOOKSTORE_KIND = 'BookStore';

/** Group, version and kind. */
export const BOOKSTORE_GVK: GroupVersionKind = { group: GROUP, version: VERSION, kind: BOOKSTORE_KIND };

/** `kubectl get bs`. */
export const BOOKSTORE_SHORT_NAMES: readonly string[] = ['bs'];

/** A book store: `spec` is the values of charts/bookstore, described by its values.schema.json. */
export interface BookStore extends WatchedResource {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: typeof BOOKSTORE_KIND;
}
