// Whose a release is (DESIGN.md O6). Pure.
import { OWNER_LABEL, ownerLabelValue } from '../../api/v1alpha1/labels.ts';
import { recordSecretName } from '../../release/record.ts';
import type { Observation, ObservedRelease } from '../observe/observation.ts';
import { hasSdkTraces } from '../takeover/sdk-traces.ts';

/**
 * Whether the release of the resource's name is this resource's: the owner label says so, or, where there is none, the
 * resource's status names that very revision and has noted its content, or it is proved to be operator-sdk's for the
 * resource.
 */
export function isOurs(observation: Observation, release: ObservedRelease): boolean {
  const { entry } = observation;
  if (release.owner !== undefined) return release.owner === ownerLabelValue(entry.gvk);
  return observation.isSdkOwned || (isNamed(observation, release) && observation.namedDoubt === undefined);
}

/**
 * Whether a release of ours still is as operator-sdk left it: proved to be its, or labelled by hand as ours, and not taken
 * over yet.
 */
export function isInherited(observation: Observation, release: ObservedRelease): boolean {
  if (release.owner === undefined) return observation.isSdkOwned;
  const isUntouched = release.digestLabel === undefined && !isNamed(observation, release);
  return isUntouched && hasSdkTraces(observation.resource);
}

/** Whether the resource's status names this very revision: by name and number alone, which come again. */
export function isNamed(
  { resource, releaseNamespace }: Pick<Observation, 'resource' | 'releaseNamespace'>,
  release: ObservedRelease,
): boolean {
  const known = resource.status?.release;
  return (
    known !== undefined &&
    known.name === resource.metadata.name &&
    known.namespace === releaseNamespace &&
    known.revision === release.revision
  );
}

/** Whose it is, for people. */
export function ownerText(observation: Observation, release: ObservedRelease): string {
  if (release.owner !== undefined) return `it belongs to a ${release.owner}`;
  const { sdkDoubt, namedDoubt, entry, resource, releaseNamespace } = observation;
  if (sdkDoubt === undefined) {
    const maker = 'it was installed by hand or by another tool';
    return namedDoubt === undefined ? maker : `${maker}: ${namedDoubt}`;
  }
  const record = recordSecretName(resource.metadata.name, release.revision);
  const way = `kubectl -n ${releaseNamespace} label secret ${record} ${OWNER_LABEL}=${ownerLabelValue(entry.gvk)}`;
  return `operator-sdk has had one here, but ${sdkDoubt}; if it is that one all the same: ${way}`;
}
