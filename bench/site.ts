// Where one side of a measurement puts its releases: namespaces of its own, ten releases in each.

/** A release, or the resource behind it. */
export interface ReleaseName {
  readonly namespace: string;
  readonly name: string;
}

/** The namespaces and names of one side in one run. */
export interface Site {
  /** Who is measured. */
  readonly side: string;
  /** What the names of all its namespaces begin with, and those of no other site. */
  readonly prefix: string;
  readonly namespaces: readonly string[];
  readonly releases: readonly ReleaseName[];
}

/** As teams have it: some shops each, rather than a thousand in one place, or a namespace for every one. */
export const releasesPerNamespace = 10;

/** The namespaces are new in each run: nothing of an earlier one is in them. */
export function siteOf(side: string, measured: { readonly n: number; readonly run: number }): Site {
  const { n, run } = measured;
  const prefix = `${side}-${n}-${run}-`;
  const releases = Array.from({ length: n }, (_none, index) => ({
    namespace: `${prefix}${Math.floor(index / releasesPerNamespace)}`,
    name: `shop-${index}`,
  }));
  return { side, prefix, namespaces: [...new Set(releases.map(({ namespace }) => namespace))], releases };
}
