// Releases of kinds that were taken out of watches.yaml: nobody looks after them, and their resources cannot be deleted, because
// our finalizer holds them. Said at the start, when the records are known. Pure.
import { UNINSTALL_FINALIZER } from '../api/v1alpha1/finalizer.ts';
import { ownerLabelValue } from '../api/v1alpha1/labels.ts';
import type { WatchEntry } from '../watches/watch-entry.ts';

/** More are counted, not named: labels are anybody's to write. */
const maxNamed = 10;

/** What the log says of them; undefined where every release has an entry. */
export function unmappedText(
  owners: ReadonlyMap<string, number>,
  entries: readonly Pick<WatchEntry, 'gvk'>[],
): { readonly releases: string; readonly remedy: string } | undefined {
  const mapped = new Set(entries.map(({ gvk }) => ownerLabelValue(gvk)));
  const unmapped = [...owners].filter(([owner]) => !mapped.has(owner)).sort(([a], [b]) => (a < b ? -1 : 1));
  if (unmapped.length === 0) return undefined;
  const named = unmapped.slice(0, maxNamed).map(([owner, count]) => `${count} of ${owner}`);
  const others = unmapped.length > maxNamed ? `, and those of ${unmapped.length - maxNamed} other kinds` : '';
  return {
    releases: `${named.join(', ')}${others}`,
    remedy: `If no other operator has them: map the kinds again and delete their resources first, or take the finalizer ${UNINSTALL_FINALIZER} off their resources by hand; the releases stay then.`,
  };
}
