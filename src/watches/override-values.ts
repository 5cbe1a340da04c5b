// overrideValues: dotted paths as in `helm --set-string`, to a tree of values (operator-sdk uses strvals.ParseIntoString).

/** A value of a chart. */
export type ValuesNode = string | null | readonly ValuesNode[] | ValuesTree;

/** Values by key. */
export interface ValuesTree {
  readonly [key: string]: ValuesNode;
}
