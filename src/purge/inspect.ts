// Reading the records of one release for the content rules: a single listing, the one that helm itself will make.
import type { KubeClient } from '../kube/client.ts';
import type { Discovery } from '../kube/discovery.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import { CoreResources, gvkOf, type Resource } from '../kube/resource.ts';
import { errorText } from '../lib/error-text.ts';
import { groupReleases } from '../release/group-releases.ts';
import { recordLabelSelector } from '../release/record.ts';
import { type ContentFindings, inspectContent, type OutsideObject, touchedBy } from './content-rules.ts';
import type { Verdict } from './plan.ts';
import { RecordReader, type RecordSecret } from './record-reader.ts';
import type { PurgeSettings } from './settings.ts';

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

/** Records of a release in memory at once: each may hold a megabyte, and there may be any number. */
const recordsPerPage = 10;

/**
 * Reads and judges. A record that cannot be read or judged keeps its release, whatever the reason: what stands in it must
 * not stop the run for all. @throws ApiError where the records cannot be listed
 */
export async function inspectRelease(deps: InspectDeps, target: InspectTarget): Promise<ContentFindings> {
  const { name, signal } = target;
  const reader = new RecordReader();
  const metas: ObjectMeta[] = [];
  const pages = deps.client.pages<RecordSecret>(CoreResources.secrets, {
    namespace: target.namespace,
    labelSelector: `${recordLabelSelector},name=${name}`,
    pageSize: recordsPerPage,
    signal,
  });
  for await (const page of pages) {
    for (const secret of page.items) {
      metas.push(secret.metadata);
      await reader.read(secret);
    }
  }
  const release = groupReleases(metas).releases.find((one) => one.name === name);
  if (release?.recordsDigest !== target.recordsDigest) return keptUnread('it was touched while the plan was made');
  try {
    const { records, latest } = reader.result();
    const lookup = await lookUp(deps.discovery, touchedBy(latest));
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

/** A chart has a dozen kinds; each one costs a look-up. */
const maxKinds = 200;

type ResourceLookup = (object: ManifestType) => Resource | undefined;

interface ManifestType {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Asks the server about each kind once. What is no API version never reaches a URL: manifests are untrusted. */
async function lookUp(discovery: Discovery, objects: readonly ManifestType[]): Promise<ResourceLookup> {
  const types = new Map(objects.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }]));
  if (types.size > maxKinds) throw new Error(`its manifest names more than ${maxKinds} kinds`);
  const found = await Promise.all(
    [...types].map(async ([key, type]) => {
      const isApiVersion = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?v[a-z0-9]{1,62}$/.test(type.apiVersion);
      return [key, isApiVersion ? await discovery.find(gvkOf(type)) : undefined] as const;
    }),
  );
  const byType = new Map(found);
  return ({ apiVersion, kind }) => byType.get(`${apiVersion} ${kind}`);
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
    const live = await client.find(resource, {
      name,
      isMetadataOnly: true,
      signal: release.signal,
      ...(resource.isNamespaced ? { namespace: namespace ?? release.namespace } : {}),
    });
    const annotations = live?.metadata.annotations ?? {};
    const isOurs =
      live === undefined ||
      (annotations['meta.helm.sh/release-name'] === release.name &&
        annotations['meta.helm.sh/release-namespace'] === release.namespace);
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
    outside: [],
  };
}
