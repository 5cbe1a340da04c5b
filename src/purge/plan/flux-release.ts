// Which stored releases a HelmRelease of Flux is about, reckoned as Flux' helm-controller does it. Pure.
import { createHash } from 'node:crypto';
import type { KubeObject } from '../../kube/objects.ts';
import { isMap } from '../../lib/merge-maps.ts';

/** A HelmRelease, as far as it is read. Of whichever version: what a field holds is checked where it is read. */
export interface HelmRelease extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** Where a release's records are stored, and under which name. */
export interface StoredAs {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The release that its `spec` names: helm-controller's GetStorageNamespace and ShortenName(GetReleaseName). Besides it those
 * that its `status` says it has made, which are still there where the spec was changed and not yet obeyed. One that is for
 * another cluster (`spec.kubeConfig`) counts too: that cluster may be this one.
 */
export function releasesOf({ metadata, spec, status }: HelmRelease): readonly StoredAs[] {
  const home = metadata.namespace ?? '';
  const storage = text(spec, 'storageNamespace') ?? home;
  const target = text(spec, 'targetNamespace');
  const composed = target === undefined ? metadata.name : `${target}-${metadata.name}`;
  const name = shortenName(text(spec, 'releaseName') ?? composed);
  const history = isMap(status) && Array.isArray(status.history) ? status.history : [];
  const formerStorage = text(status, 'storageNamespace') ?? storage;
  const formerNames = history.map((snapshot: unknown) => text(snapshot, 'name')).filter((one) => one !== undefined);
  const all = [{ namespace: storage, name }, ...[name, ...formerNames].map((one) => at(formerStorage, one))];
  return [...new Map(all.map((one) => [`${one.namespace}/${one.name}`, one])).values()];
}

/** Helm allows 53 characters: of a longer name Flux keeps 40, and 12 of its hash. */
export function shortenName(name: string): string {
  if (name.length <= 53) return name;
  const hash = createHash('sha256').update(name).digest('hex');
  return `${name.slice(0, 40)}-${hash.slice(0, 12)}`;
}

function at(namespace: string, name: string): StoredAs {
  return { namespace, name };
}

function text(map: unknown, key: string): string | undefined {
  const value = isMap(map) ? map[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
