// Labels that this program writes on Helm's release records, and the one by which a namespace opts in to the purge.

/** On a release record: `<Kind.group>` of the resource that owns the release (O6). */
export const OWNER_LABEL = 'helm.velotio.com/owner';

/** On a release record: digest of the desired state that this revision was made from (O3), at most 63 characters. */
export const DIGEST_LABEL = 'helm.velotio.com/digest';

/**
 * On a release record: the process that called helm for this revision, so that a helm that died can be told from one that
 * works (O9).
 */
export const HOLDER_LABEL = 'helm.velotio.com/holder';

/** On a namespace, by convention of the policies we ship: `"true"` opts in to the purge. */
export const PURGE_ENABLED_LABEL = 'purge.velotio.com/enabled';

/** Value of {@link OWNER_LABEL} for a kind: `BookStore.velotio.com`, or the kind alone for the core group. */
export function ownerLabelValue(gvk: { readonly group: string; readonly kind: string }): string {
  return gvk.group === '' ? gvk.kind : `${gvk.kind}.${gvk.group}`;
}
