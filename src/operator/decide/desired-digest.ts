// What a release is made from, as one short text: equal inputs, equal digest, no helm needed (DESIGN.md O3). Pure.
import { createHash } from 'node:crypto';

/** All that decides how a release comes out. */
export interface DesiredInputs {
  /** Digest over the chart's content. */
  readonly chartDigest: string;
  readonly chartVersion: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Flags of helm that change the outcome, e.g. `--skip-crds`. */
  readonly flags: readonly string[];
}

/** What the record's digest label says. */
export interface DigestLabel {
  readonly digest: string;
  /** The revision that the label was written for: one carried over by somebody else's helm gives itself away. */
  readonly revision: number;
}

/** 40 hexadecimal digits (160 bits) of SHA-256 over a canonical form: the order of keys does not matter. */
export function desiredDigest(inputs: DesiredInputs): string {
  const { chartDigest, chartVersion, values, flags } = inputs;
  return createHash('sha256')
    .update(canonical([chartDigest, chartVersion, values, [...flags].sort()]))
    .digest('hex')
    .slice(0, 40);
}

/** The label's value. helm carries labels over to the next revision, hence the revision in it. */
export function formatDigestLabel(label: DigestLabel): string {
  return `${label.digest}.${label.revision}`;
}

/** Reads a label's value; undefined where it is none of ours. */
export function parseDigestLabel(value: string | undefined): DigestLabel | undefined {
  const match = /^([0-9a-f]{40})\.([1-9]\d{0,14})$/.exec(value ?? '');
  return match === null ? undefined : { digest: match[1] ?? '', revision: Number(match[2]) };
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
