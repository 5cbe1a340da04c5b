// Kubernetes' label selector, as it stands in watches.yaml and in a PurgePolicy.

/** How an expression compares. */
export type LabelSelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

/** One term of a selector. */
export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: LabelSelectorOperator;
  /** Not empty for `In` and `NotIn`, absent for the other two. */
  readonly values?: readonly string[];
}

/** All terms must hold; an empty selector matches everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}
