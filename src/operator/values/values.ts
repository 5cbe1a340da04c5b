// The final values of a release: chart < valuesFrom < spec < overrideValues (DESIGN.md O3). Pure.
import { isMap, mergeMaps, type PlainMap, setOwn } from '../../lib/merge-maps.ts';
import type { ChartDefaults } from '../../watches/watch-entry.ts';

/** Values as JSON. */
export type Values = PlainMap;

/**
 * Lays the layers on one another, from the lowest to the highest, without the chart's own: that one is helm's to add. As
 * with several `--values` of helm, maps are merged key by key, everything else (lists too) replaces, and `null` is kept:
 * helm takes the chart's default away for it.
 */
export function mergeLayers(layers: readonly Values[]): Values {
  return layers.reduce<Values>((under, over) => mergeMaps(under, over), {});
}

/** The layer that stands in a resource, or what is wrong with it: where its CRD says nothing of `spec`, anything may stand there. */
export function specLayer(
  spec: unknown,
): { readonly ok: true; readonly values: Values } | { readonly ok: false; readonly message: string } {
  if (spec === undefined || spec === null) return { ok: true, values: {} };
  if (isMap(spec)) return { ok: true, values: spec };
  const found = Array.isArray(spec) ? 'a list' : `a ${typeof spec}`;
  return { ok: false, message: `spec is ${found}, but it has to be a map: it is the values of the chart` };
}

/**
 * The layers as helm is to get them: without each `null` for which the chart has no default. Helm takes a default away for
 * a `null`, but where there is none it hands the `null` on to the chart, whose values.schema.json then rejects it. What
 * stands under an open path of the defaults, or in a list, stays as it is.
 */
export function finalValues(layers: readonly Values[], defaults: ChartDefaults): Values {
  const { values, openPaths } = defaults;
  return withoutIdleNulls(mergeLayers(layers), { defaults: values, openPaths });
}

interface Below {
  readonly defaults: Values;
  readonly openPaths: ChartDefaults['openPaths'];
}

function withoutIdleNulls(values: Values, below: Below): Values {
  if (below.openPaths.some((path) => path.length === 0)) return values;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values)) {
    const defaultValue = Object.hasOwn(below.defaults, key) ? below.defaults[key] : undefined;
    const openPaths = below.openPaths.filter(([first]) => first === key).map((path) => path.slice(1));
    if (isMap(value)) {
      const defaults = isMap(defaultValue) ? defaultValue : {};
      setOwn(result, { key, value: withoutIdleNulls(value, { defaults, openPaths }) });
    } else if (value !== null || openPaths.length > 0 || isDefault(defaultValue)) {
      setOwn(result, { key, value });
    }
  }
  return result;
}

/** A default that is null is none: helm does not set it. */
function isDefault(value: unknown): boolean {
  return value !== undefined && value !== null;
}
