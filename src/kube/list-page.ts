// One page of a list, read: what is no list is said to be none, before anybody takes it for an empty one.
import { ApiError } from './errors.ts';
import type { KubeList, KubeObject } from './objects.ts';

interface WireList {
  readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: unknown } | null;
  readonly items?: readonly (Partial<KubeObject> | null)[] | null;
}

/**
 * Reads an answer; `what` says which call it was. Without a version nobody could watch from there, and an item without a
 * name could not be kept. Go writes an empty list as `null`.
 * @throws ApiError `API_BAD_ANSWER`
 */
export function readListPage<T extends KubeObject>(answer: unknown, what: string): KubeList<T> {
  const { metadata, items } = (answer ?? {}) as WireList;
  const { resourceVersion, continue: continueToken } = metadata ?? {};
  if (typeof resourceVersion !== 'string' || resourceVersion === '' || items === undefined) {
    throw new ApiError('API_BAD_ANSWER', `cannot ${what}: the answer is no list`);
  }
  if (items !== null && !(Array.isArray(items) && items.every(isNamed))) {
    throw new ApiError('API_BAD_ANSWER', `cannot ${what}: an item of the list has no name`);
  }
  return {
    resourceVersion,
    items: (items ?? []) as readonly T[],
    ...(typeof continueToken === 'string' && continueToken !== '' ? { continueToken } : {}),
  };
}

function isNamed(item: Partial<KubeObject> | null): boolean {
  const name: unknown = item?.metadata?.name;
  return typeof name === 'string' && name !== '';
}
