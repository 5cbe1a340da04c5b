// Reading the records of one release for the content rules: a single listing, the one that helm itself will make.
import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import { errorText } from '../../lib/error-text.ts';
import { lookUpKinds, ownershipOf, type ResourceLookup, readLive } from '../../uninstall/ownership.ts';
import { type ReadRecords, readRecords } from '../../uninstall/read-records.ts';
import { touchedBy } from '../../uninstall/record-trust.ts';
import type { PurgeSettings } from '../policy/settings.ts';
import { type ContentFindings, inspectContent, type OutsideObject } from './content-rules.ts';
import type { Verdict } from './plan.ts';

/** What reading takes. */
export interface InspectDeps {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly settings: PurgeSettings;
}

/** Which release, as the metadata showed it. */
export interface InspectTarget {
  readonly namespace: string;
  readonly name: string;
  /** What was read must be what was planned on. */
  readonly recordsDigest: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads and judges. A record that cannot be read or judged keeps its release, whatever the reason: what stands in it must
 * not stop the run for all. @throws ApiError where the records cannot be listed
 */
export async function inspectRelease(deps: InspectDeps, target: InspectTarget): Promise<ContentFindings> {
  return inspectRead(deps, target, await readRecords(deps.client, target, { signal: target.signal }));
}

/** As {@link inspectRelease}, of what is read already. */
export async function inspectRead(
  deps: InspectDeps,
  target: InspectTarget,
  { listing, reader }: ReadRecords,
): Promise<ContentFindings> {
  const { name, signal } = target;
  const release = listing.releases.find((one) => one.name === name);
  if (release?.recordsDigest !== target.recordsDigest) return keptUnread('it was touched while the plan was made');
  try {
    const { records, latest } = reader.result();
    const lookup = await lookUpKinds(deps.discovery, touchedBy(latest));
    const findings = inspectContent({
      records,
      latest,
      isNamespaced: (object) => lookup(object)?.isNamespaced,
      settings: deps.settings,
    });
    if (findings.verdict !== undefined || findings.outside.length === 0) return findings;
    const verdict = await proveOwnership(deps.client, findings.outside, { ...target, lookup });
    return verdict === undefined ? findings : { ...findings, verdict };
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return keptUnread(errorText(error));
  }
}

/**
 * An object outside the release's namespace goes only if the live one says that it is of exactly this release (P1):
 * helm itself does not look.
 */
async function proveOwnership(
  client: KubeClient,
  outside: readonly OutsideObject[],
  release: InspectTarget & { readonly lookup: ResourceLookup },
): Promise<Verdict | undefined> {
  for (const { apiVersion, kind, namespace, name } of outside) {
    const resource = release.lookup({ apiVersion, kind });
    if (resource === undefined) return notOurs(kind, name, 'is of a kind that the server does not know');
    const where = { resource, releaseNamespace: release.namespace, signal: release.signal };
    const live = await readLive(client, { namespace, name }, where);
    const isOurs = live === undefined || ownershipOf(live, release) === 'ours';
    if (!isOurs) return notOurs(kind, name, 'does not carry the marks of this release');
  }
  return undefined;
}

function notOurs(kind: string, name: string, why: string): Verdict {
  return {
    action: 'keep',
    rule: 'outside-namespace',
    reason: `${kind}/${name} in its manifest ${why}`,
    isDoubtful: true,
  };
}

function keptUnread(why: string): ContentFindings {
  const reason = `its record cannot be judged: ${why}`;
  return {
    verdict: { action: 'keep', rule: 'unreadable-record', reason, isDoubtful: true },
    chart: '',
    leaves: [],
    notRestored: [],
    outside: [],
  };
}
