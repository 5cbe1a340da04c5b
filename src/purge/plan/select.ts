// Select: the namespaces that the policy opts in, asked of the server, less what is never purged (P3).

import type { LabelSelector } from '../../api/v1alpha1/label-selector.ts';
import { matchesSelector } from '../../api/v1alpha1/match-labels.ts';
import { selectorText } from '../../api/v1alpha1/selector-text.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ObjectMeta } from '../../kube/objects.ts';
import { CoreResources } from '../../kube/resource.ts';
import { type Annotated, annotatedOf } from '../../release/annotation-times.ts';
import { namespaceDenial, type OperatorIdentity } from './denials.ts';
import type { PlanNamespace } from './plan.ts';

/** A namespace that may be purged. */
export interface SelectedNamespace extends Annotated {
  readonly name: string;
  readonly uid: string;
}

/** The choice, with what was left out and why. */
export interface Selection {
  /** Sorted by name. */
  readonly selected: readonly SelectedNamespace[];
  /** Left out: denied, terminating, or asked for and not selected by the policy. */
  readonly leftOut: readonly PlanNamespace[];
}

/** What to select by. */
export interface SelectOptions {
  readonly selector: LabelSelector;
  readonly operator: OperatorIdentity;
  /** `-n`: narrows the policy's selection, never widens it. Default all of it. */
  readonly only?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Selects. @throws ApiError: a selection that failed never looks like an empty one */
export async function selectNamespaces(client: KubeClient, options: SelectOptions): Promise<Selection> {
  const found: ObjectMeta[] = [];
  const pages = client.pages(CoreResources.namespaces, {
    labelSelector: selectorText(options.selector),
    isMetadataOnly: true,
    signal: options.signal,
  });
  for await (const page of pages) found.push(...page.items.map(({ metadata }) => metadata));
  return choose(found, options);
}

/**
 * One namespace as it is now; undefined where it is gone, terminating, denied, or no longer selected (P5). It is read by its
 * name: to list it the server would go through all that there are, for each release.
 */
export async function selectAgain(
  client: KubeClient,
  options: SelectOptions & { readonly namespace: string },
): Promise<SelectedNamespace | undefined> {
  const { namespace: name, selector, signal } = options;
  const found = await client.find(CoreResources.namespaces, { name, isMetadataOnly: true, signal });
  if (found === undefined || !matchesSelector(selector, found.metadata.labels)) return undefined;
  return choose([found.metadata], { ...options, only: [name] }).selected[0];
}

/** The part without I/O. */
export function choose(found: readonly ObjectMeta[], options: SelectOptions): Selection {
  const wanted = options.only === undefined ? undefined : new Set(options.only);
  const selected: SelectedNamespace[] = [];
  const leftOut: PlanNamespace[] = [];
  for (const meta of found) {
    if (wanted !== undefined && !wanted.has(meta.name)) continue;
    const denial = namespaceDenial(meta.name, options.operator);
    if (denial !== undefined) leftOut.push({ name: meta.name, uid: meta.uid, state: 'denied', reason: denial });
    else if (meta.deletionTimestamp !== undefined) leftOut.push(terminating(meta));
    else selected.push({ name: meta.name, uid: meta.uid, ...annotatedOf(meta) });
  }
  const names = new Set(found.map(({ name }) => name));
  for (const name of wanted ?? []) if (!names.has(name)) leftOut.push(notSelected(name, options.operator));
  return { selected: selected.sort(byName), leftOut: leftOut.sort(byName) };
}

function terminating({ name, uid }: ObjectMeta): PlanNamespace {
  return { name, uid, state: 'terminating', reason: 'it is being deleted, and its releases with it' };
}

function notSelected(name: string, operator: OperatorIdentity): PlanNamespace {
  const denial = namespaceDenial(name, operator);
  return denial === undefined
    ? {
        name,
        state: 'not-selected',
        reason: "the policy's namespaceSelector does not select it; -n narrows, never widens",
      }
    : { name, state: 'denied', reason: denial };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
