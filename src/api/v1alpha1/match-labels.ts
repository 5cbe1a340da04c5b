// Whether labels satisfy a selector, by Kubernetes' rules.
import type { LabelSelector, LabelSelectorRequirement } from './label-selector.ts';

type Labels = Readonly<Record<string, string>>;

/** All terms must hold; an empty selector matches everything. */
export function matchesSelector(selector: LabelSelector, labels: Labels = {}): boolean {
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every((term) => matchesTerm(term, labels))
  );
}

/** Whether labels satisfy one expression. */
export function matchesTerm(term: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels[term.key];
  switch (term.operator) {
    case 'In':
      return value !== undefined && (term.values ?? []).includes(value);
    case 'NotIn': // as in Kubernetes, an absent label satisfies it
      return value === undefined || !(term.values ?? []).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
