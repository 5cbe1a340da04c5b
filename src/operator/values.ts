// The final values of a release: chart < valuesFrom < spec < overrideValues (DESIGN.md O3). Pure.

/** Values as JSON. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * Lays `over` on `under`, as Helm does: maps are merged key by key, everything else (lists too) replaces. `null` is kept:
 * Helm takes the chart's default away for it.
 */
export function layValues(under: Values, over: Values): Values {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(result, key) ? result[key] : undefined;
    setOwn(result, key, isMap(below) && isMap(value) ? layValues(below, value) : value);
  }
  return result;
}

/** The layers from the lowest to the highest, without the chart's own: that one is helm's to add. */
export function finalValues(layers: readonly Values[]): Values {
  return layers.reduce<Values>((under, over) => layValues(under, over), {});
}

/** Whether a value is a map, in the sense of values. */
export function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key such as `__proto__` is data here. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
