// What does not come back with a release: said before it goes (DESIGN.md P8). Pure.
import { gvkOf } from '../../kube/resource.ts';
import { isMap } from '../../lib/merge-maps.ts';
import type { Release } from '../../release/decode.ts';
import { type ManifestObject, resourcePolicyOf } from '../../release/manifest.ts';
import { describeObject, isVolumeClaim, type ParsedContent } from '../../uninstall/record-trust.ts';

/** So many are named; the others are counted. */
const maxNamed = 20;

/** A clause for each: `the ClusterIP of Service/shop`. Empty: the release comes back as it was. */
export function notRestored(
  { release, objects }: ParsedContent,
  options: {
    /** Whether volume claims stay, whatever the manifest says of them. Default false. */
    readonly areClaimsLeft?: boolean;
  } = {},
): readonly string[] {
  const isLeft = (object: ManifestObject): boolean =>
    resourcePolicyOf(object) !== undefined || (options.areClaimsLeft === true && isVolumeClaim(object));
  const lost = [...objects.filter((object) => !isLeft(object)).flatMap(lostWith), ...hookEffects(release)];
  if (lost.length <= maxNamed) return lost;
  return [...lost.slice(0, maxNamed), `and ${lost.length - maxNamed} more`];
}

function lostWith(object: ManifestObject): readonly string[] {
  const { group, kind } = gvkOf(object);
  const what = describeObject(object);
  if (group === '' && kind === 'Service') return lostWithService(object, what);
  if (isVolumeClaim(object)) return [`the data of ${what}`];
  if (group === 'apps' && kind === 'StatefulSet' && deletesItsClaims(object)) {
    return [`the data of the volume claims of ${what}`];
  }
  return [];
}

/** What the API server gave to the Service, and its manifest does not name. */
function lostWithService({ spec }: ManifestObject, what: string): readonly string[] {
  if (!isMap(spec)) return [`the ClusterIP of ${what}`];
  const { type, clusterIP, ports } = spec;
  if (type === 'ExternalName') return [];
  const hasPortOfItsOwn = (port: unknown): boolean => isMap(port) && typeof port.nodePort === 'number';
  const isOnNodes = type === 'NodePort' || type === 'LoadBalancer';
  const isLosingPorts = isOnNodes && !(Array.isArray(ports) && ports.every(hasPortOfItsOwn));
  return [
    ...(typeof clusterIP === 'string' && clusterIP !== '' ? [] : [`the ClusterIP of ${what}`]),
    ...(isLosingPorts ? [`the nodePort of ${what}`] : []),
    ...(type === 'LoadBalancer' ? [`the address of the load balancer of ${what}`] : []),
  ];
}

function deletesItsClaims({ spec }: ManifestObject): boolean {
  const retention = isMap(spec) ? spec.persistentVolumeClaimRetentionPolicy : undefined;
  return isMap(retention) && retention.whenDeleted === 'Delete';
}

/** A rollback runs the hooks of a rollback alone; tests change nothing. */
function hookEffects({ hooks }: Release): readonly string[] {
  return hooks.flatMap(({ kind, name, events }) => {
    const effective = events.filter((event) => !event.startsWith('test'));
    return effective.length === 0 ? [] : [`what the ${effective.join(', ')} hook ${kind}/${name} did`];
  });
}
