// What the texts and lists of a PurgePolicy may hold: said once, for the CRD's schema and for the decoder that reads a policy.

/**
 * Patterns that JavaScript and the API server (Go's RE2) read the same way: anchored, no look-around, no back-references.
 */
export const PolicyPattern = {
  /** A namespace, or a ServiceAccount. */
  name: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  /** The characters of release names, `*`, `?` and `{a,b}`: whatever else a glob may say matches no release. */
  releaseGlob: /^(?:[-a-z0-9.*?]|\{[-a-z0-9.*?]+(?:,[-a-z0-9.*?]+)+\})+$/,
  labelKey: /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  labelValue: /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
  /** A label's key under `kubernetes.io/` or `k8s.io/`, or a subdomain of one: nobody opts in with such a label. */
  reservedLabelKey: /^([^/]*\.)?(kubernetes|k8s)\.io\//,
  /** Empty for the core group. */
  apiGroup: /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$/,
  kind: /^[A-Za-z]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$/,
} as const satisfies Record<string, RegExp>;

/** How long a text may be, and how many entries a list or a map may have: the API server runs no CEL rule without a bound. */
export const PolicyBound = {
  /** Characters of a cron expression; every minute and every hour written out are some 500. */
  scheduleLength: 1024,
  timeZoneLength: 64,
  durationLength: 64,
  globLength: 253,
  globs: 1000,
  /** Entries of `matchLabels`, and terms of `matchExpressions`. */
  selectorTerms: 32,
  /** Values of one term. */
  selectorValues: 256,
  allowedKinds: 256,
  holidays: 1000,
  /** `concurrency`, `perNamespace`. */
  concurrency: 64,
} as const;
