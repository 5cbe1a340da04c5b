// The policy's namespace selector: the rule that it must opt in.
import type { LabelSelector } from '../../api/v1alpha1/label-selector.ts';
import { PolicyPattern } from '../../api/v1alpha1/policy-rules.ts';

/** What is wrong with a selector as a choice of what may be purged, undefined where it is good. */
export function selectorProblem(selector: LabelSelector): string | undefined {
  const labels = Object.keys(selector.matchLabels ?? {});
  const expressions = selector.matchExpressions ?? [];
  if (labels.length === 0 && expressions.length === 0) return `it is empty and would match every namespace; ${wayOut}`;
  const positiveKeys = [...labels, ...expressions.filter(({ operator }) => operator === 'In').map(({ key }) => key)];
  if (positiveKeys.length === 0) {
    return `it says only what a namespace must not be, or that a label exists: namespaces nobody thought of would match; ${wayOut}`;
  }
  if (positiveKeys.every((key) => PolicyPattern.reservedLabelKey.test(key))) {
    return `its only positive terms are on labels that Kubernetes sets itself (${positiveKeys.join(', ')}); ${wayOut}`;
  }
  return undefined;
}

const wayOut =
  'name at least one label that a namespace carries to opt in, e.g. matchLabels: {purge.velotio.com/enabled: "true"}';

/** What is wrong with a label's key. */
export function labelKeyProblem(key: string): string | undefined {
  return PolicyPattern.labelKey.test(key) ? undefined : `${JSON.stringify(key)} is not a label key`;
}

/** What is wrong with a label's value. */
export function labelValueProblem(value: string): string | undefined {
  return PolicyPattern.labelValue.test(value) ? undefined : `${JSON.stringify(value)} is not a label value`;
}
