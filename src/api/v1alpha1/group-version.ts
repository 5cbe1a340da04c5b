// The API group that this program serves, and how a kind of any group is named.

/** The tutorial's group. */
export const GROUP = 'velotio.com';

/** The only version so far. */
export const VERSION = 'v1alpha1';

/** `apiVersion` of our own kinds. */
export const API_VERSION = `${GROUP}/${VERSION}`;

/** A kind with its group (empty for the core group) and version. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** What stands in `apiVersion`: `group/version`, or the version alone for the core group. */
export function apiVersionOf(gvk: Pick<GroupVersionKind, 'group' | 'version'>): string {
  return gvk.group === '' ? gvk.version : `${gvk.group}/${gvk.version}`;
}
