// `purge plan --explain`: reads what decides about one release, all of it, and tells it as data. Changes nothing.
import { Discovery } from '../../kube/discovery.ts';
import { CoreResources } from '../../kube/resource.ts';
import { nearest } from '../../lib/did-you-mean.ts';
import { annotatedOf } from '../../release/annotation-times.ts';
import type { ReleaseListing, StoredRelease } from '../../release/group-releases.ts';
import { listReleases } from '../../release/list-releases.ts';
import { measureCaps } from './caps.ts';
import type { ContentFindings } from './content-rules.ts';
import { type CapSight, type Explanation, explainRules, explainSelector, type RuleSight } from './explanation.ts';
import { inspectRelease } from './inspect.ts';
import type { CapHit, PlanEntry } from './plan.ts';
import { ageOf, decide, type RuleInput } from './rules.ts';
import { choose } from './select.ts';
import { type PlanDeps, type PlanOptions, type Survey, survey } from './survey.ts';

/** How many names are offered in place of one that is not there. */
const maxNearest = 5;

/** Explains one release under a policy. @throws ApiError */
export async function explainRelease(
  deps: PlanDeps,
  target: { readonly namespace: string; readonly name: string },
  options: PlanOptions = {},
): Promise<Explanation> {
  const { client, settings, operator } = deps;
  const { namespace, name } = target;
  const { signal } = options;
  const surveyed = await survey(deps, options);
  const { nowMs } = surveyed;
  const found = await client.find(CoreResources.namespaces, { name: namespace, isMetadataOnly: true, signal });
  const terms = explainSelector(settings.namespaceSelector, found?.metadata.labels ?? {});
  const listing = found === undefined ? undefined : await listReleases(client, { namespace, signal });
  const release = listing?.releases.find((one) => one.name === name);
  const head = {
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'PurgeExplanation',
    policy: settings.policyName,
    context: client.context,
    server: client.server,
    createdAt: new Date(nowMs).toISOString(),
    namespace,
    name,
  } as const;
  const caps = capsOf(surveyed, { namespace, limits: settings.limits });
  if (found === undefined || listing === undefined || release === undefined) {
    const selection = { ...stateOf(surveyed, namespace, found !== undefined), terms };
    return {
      ...head,
      selection,
      rules: [],
      caps,
      nearest: await nearestOf(deps, target, { surveyed, listing, signal }),
    };
  }
  const input: RuleInput = {
    release,
    home: annotatedOf(found.metadata),
    rejected: listing.rejected.filter(({ claimedNames }) => claimedNames.includes(name)),
    owners: surveyed.owners.get(`${namespace}/${name}`) ?? [],
    settings,
    operator,
    nowMs,
  };
  const content = await inspectRelease(
    { client, settings, discovery: new Discovery(client) },
    { namespace, name, recordsDigest: release.recordsDigest, signal },
  );
  // as if the namespace were selected alone: what its own denial or end would say, and no more
  const alone = choose([found.metadata], { selector: settings.namespaceSelector, operator });
  const isSelected = surveyed.selection.selected.some((one) => one.name === namespace);
  const leftOut = alone.leftOut[0];
  const selection = {
    ...(leftOut === undefined ? stateOf(surveyed, namespace, true) : { state: leftOut.state, reason: leftOut.reason }),
    terms,
  };
  const rules = explainRules(input, {
    goingInNamespace: caps.find(({ cap }) => cap === 'maxReleasesPerNamespace')?.found ?? 0,
    maxReleasesPerNamespace: settings.limits.maxReleasesPerNamespace,
    content,
  });
  return {
    ...head,
    selection,
    release: releaseFacts(release, { nowMs, content }),
    verdict: isSelected
      ? verdictOf(rules, { reason: decide(input).reason, blockedBy: surveyed.capped.capsHit[0] })
      : { action: 'keep', reason: `its namespace is left out: ${selection.reason}` },
    rules,
    caps,
    nearest: [],
  };
}

function verdictOf(
  rules: readonly RuleSight[],
  going: { readonly reason: string; readonly blockedBy: CapHit | undefined },
): NonNullable<Explanation['verdict']> {
  const decisive = rules.find(({ says }) => says === 'decides');
  if (decisive !== undefined) return { action: 'keep', rule: decisive.rule, reason: decisive.reason ?? '' };
  const { reason, blockedBy } = going;
  if (blockedBy === undefined) return { action: 'purge', rule: 'selected', reason };
  return { action: 'purge', rule: 'selected', reason: `${reason}, but a run deletes nothing: ${blockedBy.reason}` };
}

function stateOf({ selection }: Survey, namespace: string, isThere: boolean): Omit<Explanation['selection'], 'terms'> {
  if (!isThere) return { state: 'absent', reason: 'there is no such namespace' };
  if (selection.selected.some(({ name }) => name === namespace)) {
    return { state: 'selected', reason: "the policy's namespaceSelector selects it" };
  }
  const leftOut = selection.leftOut.find(({ name }) => name === namespace);
  return leftOut === undefined
    ? { state: 'not-selected', reason: "the policy's namespaceSelector, or -n, does not select it" }
    : { state: leftOut.state, reason: leftOut.reason };
}

function releaseFacts(
  { latest, revisions, owner }: StoredRelease,
  { nowMs, content }: { readonly nowMs: number; readonly content: ContentFindings },
): NonNullable<Explanation['release']> {
  const ageMs = ageOf({ latest }, nowMs);
  return {
    revision: latest.revision,
    status: latest.status,
    revisions,
    ...(latest.createdAtMs === undefined ? {} : { createdAt: new Date(latest.createdAtMs).toISOString() }),
    ...(latest.modifiedAtMs === undefined ? {} : { modifiedAt: new Date(latest.modifiedAtMs).toISOString() }),
    ...(ageMs === undefined ? {} : { ageMs }),
    ...(owner === undefined ? {} : { owner }),
    ...(content.chart === '' ? {} : { chart: content.chart }),
    ...(content.leaves.length === 0 ? {} : { leaves: content.leaves }),
    ...(content.notRestored.length === 0 ? {} : { notRestored: content.notRestored }),
  };
}

function capsOf(
  { capped }: Survey,
  { namespace, limits }: { readonly namespace: string; readonly limits: PlanDeps['settings']['limits'] },
): readonly CapSight[] {
  const isGoing = (entry: PlanEntry): boolean => entry.action === 'purge' || entry.rule === 'namespace-cap';
  const going = capped.entries.filter((entry) => entry.namespace === namespace && isGoing(entry)).length;
  const inNamespace = { cap: 'maxReleasesPerNamespace', limit: limits.maxReleasesPerNamespace, found: going } as const;
  return [inNamespace, ...measureCaps(capped.entries, limits)].map(({ cap, limit, found }) => ({
    cap,
    ...(limit === undefined ? {} : { limit }),
    found,
    isHit: limit !== undefined && found > limit,
  }));
}

/** The nearest of its namespace, and those that are called so elsewhere; of a namespace that is not there, the nearest of all. */
async function nearestOf(
  { client }: PlanDeps,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  known: {
    readonly surveyed: Survey;
    readonly listing: ReleaseListing | undefined;
    readonly signal: AbortSignal | undefined;
  },
): Promise<readonly string[]> {
  const { surveyed, listing, signal } = known;
  const here = (listing?.releases ?? []).map((release) => `${namespace}/${release.name}`);
  const elsewhere = surveyed.capped.entries
    .filter((entry) => entry.name === name)
    .map((entry) => `${entry.namespace}/${name}`);
  const offered = [
    ...nearest(`${namespace}/${name}`, here, maxNearest),
    ...nearest(`${namespace}/${name}`, elsewhere, maxNearest),
  ];
  if (listing !== undefined || offered.length > 0) return offered.slice(0, maxNearest);
  const all = await client.list(CoreResources.namespaces, { isMetadataOnly: true, signal });
  const [closest] = nearest(
    namespace,
    all.items.map(({ metadata }) => metadata.name),
    1,
  );
  if (closest === undefined) return [];
  const { releases } = await listReleases(client, { namespace: closest, signal });
  return nearest(
    `${closest}/${name}`,
    releases.map((release) => `${closest}/${release.name}`),
    maxNearest,
  );
}
