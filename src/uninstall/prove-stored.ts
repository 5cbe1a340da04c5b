// The proof of a release as it is stored right now: its records read, then all that they name (DESIGN.md P1, P2).
import { HelmError } from '../helm/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import type { RecordSecret } from '../release/record.ts';
import type { LiveReader } from './listed-objects.ts';
import { type ProvenContent, proveRelease } from './prove-release.ts';
import { type ReadRecords, readRecords } from './read-records.ts';
import type { AllowedKind } from './record-trust.ts';
import { type RecordRef, recordRefs } from './remove-records.ts';
import type { UninstallRequest } from './uninstaller.ts';
import { withinAttempt } from './within-attempt.ts';

/** What may be touched besides the namespaced objects in the release's own namespace. */
export interface ProveStoredRequest extends UninstallRequest {
  /**
   * Kinds of which the release may have cluster-scoped objects, or objects in other namespaces. The live object must carry
   * the release's marks all the same. Default none.
   */
  readonly allowedKinds?: readonly AllowedKind[];
  /**
   * Whether the release's delete hooks may run with our own rights: true where the chart is known to have some. Default
   * false: then they run only under `impersonate`, because a forged record can hold any hook.
   */
  readonly mayRunDeleteHooks?: boolean;
  /** Whether objects in the release's own namespace need its marks too. Default false. */
  readonly mustBeMarked?: boolean;
  /**
   * Its records, as somebody has read them a moment ago with the same rights. Default: they are read. Whoever gives them looks
   * whether they are stored still before anything is deleted.
   */
  readonly known?: ReadRecords | undefined;
  /** Reads the live objects where the native driver covers the release; not under `impersonate`. Default one by one. */
  readonly readListed?: LiveReader | undefined;
}

/** A release that is proved, as it was at that moment. */
export interface ProvenRelease extends ProvenContent {
  /** Over all stored records, as a listing makes it. Undefined where no record has the right name. */
  readonly recordsDigest: string | undefined;
  /** The record of the highest revision, as it was read. Undefined where there is none. */
  readonly latestSecret: RecordSecret | undefined;
  /** The Secret of the newest revision that helm calls deployed. Undefined where there is none. */
  readonly deployedSecret: RecordSecret | undefined;
  /** All stored records, oldest revision first. */
  readonly records: readonly RecordRef[];
}

/** What the proof reads with. */
export interface ProveStoredDeps {
  readonly client: KubeClient;
  readonly discovery: Discovery;
}

/**
 * Proves, within the request's `timeoutMs`. Everything is read as `impersonate`, who is going to act; only kinds are looked up
 * as ourselves.
 * @throws UninstallError for what is not proved; HelmError, `HELM_RELEASE_NOT_FOUND` where there is no record; ApiError
 */
export function proveStored(deps: ProveStoredDeps, request: ProveStoredRequest): Promise<ProvenRelease> {
  const what = 'its objects were not read';
  return withinAttempt(request, { what, act: (signal) => prove(deps, request, signal) });
}

async function prove(
  { client, discovery }: ProveStoredDeps,
  request: ProveStoredRequest,
  signal: AbortSignal,
): Promise<ProvenRelease> {
  const { namespace, name, impersonate } = request;
  const readListed = impersonate === undefined ? request.readListed : undefined; // it reads as ourselves
  const { allowedKinds = [], mayRunDeleteHooks = false, mustBeMarked = false } = request;
  const reading = impersonate === undefined ? client : client.impersonating(impersonate);
  const { listing, reader, metas } = request.known ?? (await readRecords(reading, request, { signal }));
  if (listing.releases.length + listing.rejected.length === 0) {
    throw new HelmError('HELM_RELEASE_NOT_FOUND', `cannot uninstall ${namespace}/${name}: there is no such release`);
  }
  const mayRunHooks = mayRunDeleteHooks || impersonate !== undefined;
  const proven = await proveRelease(
    { client: reading, discovery },
    { namespace, name, reader, allowedKinds, mayRunHooks, mustBeMarked, readListed, signal },
  );
  const stored = listing.releases.find((one) => one.name === name);
  const recordsDigest = stored?.recordsDigest;
  const { latestSecret, deployedSecret } = reader;
  return { ...proven, recordsDigest, latestSecret, deployedSecret, records: recordRefs(metas) };
}
