// A label selector as the API server takes it in a query.
import type { LabelSelector, LabelSelectorRequirement } from './label-selector.ts';

/** The selector as a query parameter. Keys and values must have been checked: nothing in them may widen it. */
export function selectorText(selector: LabelSelector): string {
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return [...labels, ...(selector.matchExpressions ?? []).map(requirementText)].join(',');
}

/** One expression as it stands in a query. */
export function requirementText({ key, operator, values = [] }: LabelSelectorRequirement): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}
