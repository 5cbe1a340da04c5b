// Whose a release is (DESIGN.md O6). Pure.
import { ownerLabelValue } from '../../api/v1alpha1/labels.ts';
import type { Observation, ObservedRelease } from '../observe/observation.ts';

/**
 * Whether the release of the resource's name is this resource's: the owner label says so, or, where the label was lost, the
 * resource's status names that very revision.
 */
export function isOurs(observation: Observation, release: ObservedRelease): boolean {
  const { entry, resource } = observation;
  if (release.owner !== undefined) return release.owner === ownerLabelValue(entry.gvk);
  const known = resource.status?.release;
  return (
    known !== undefined &&
    known.name === resource.metadata.name &&
    known.namespace === observation.releaseNamespace &&
    known.revision === release.revision
  );
}

/** Whose it is, for people. */
export function ownerText(release: ObservedRelease): string {
  return release.owner === undefined
    ? 'it was installed by hand or by another tool'
    : `it belongs to a ${release.owner}`;
}
