// What a step of the demo must have done, judged by what it printed: pure.
import { type Row, readTables } from './printed-table.ts';

/** A demand on a step's output. */
export interface Expectation {
  /** A sentence for the reader, true where the demand is met. */
  readonly claim: string;
  /** What is wrong; undefined where it is met. */
  readonly problem: (output: string) => string | undefined;
}

/** The output contains `text`. */
export function prints(claim: string, text: string): Expectation {
  return {
    claim,
    problem: (output) => (output.includes(text) ? undefined : `"${text}" is not in the output`),
  };
}

/** The rows asked for are exactly these, in any order. */
export function lists(claim: string, keys: readonly string[], query: RowQuery): Expectation {
  return {
    claim,
    problem: (output) => {
      const rows = readTables(output).filter(query.where ?? (() => true));
      const found = rows.map(query.key).toSorted();
      const wanted = keys.toSorted();
      return found.join() === wanted.join() ? undefined : `found ${named(found)} instead of ${named(wanted)}`;
    },
  };
}

/** Which rows, and what each is called. */
export interface RowQuery {
  /** Default all. */
  readonly where?: (row: Row) => boolean;
  readonly key: (row: Row) => string;
}

/** `namespace/name` of a row of `helm list -A`. */
export const helmRelease = (row: Row): string => `${row.NAMESPACE}/${row.NAME}`;

/** The same with revision and status: untouched is more than still there. */
export const helmRevision = (row: Row): string => `${helmRelease(row)} v${row.REVISION} ${row.STATUS}`;

/** `namespace/name` of a row of a purge plan or report. */
export const purgeEntry = (row: Row): string => `${row.NAMESPACE}/${row.RELEASE}`;

/** The first column of `kubectl get`. */
export const objectName = (row: Row): string => row.NAME ?? '';

function named(keys: readonly string[]): string {
  return keys.length === 0 ? 'none' : keys.join(', ');
}
