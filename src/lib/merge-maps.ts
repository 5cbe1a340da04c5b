// Maps as JSON has them, laid one over the other. Pure.

/** A map; its values may be anything. */
export type PlainMap = Readonly<Record<string, unknown>>;

/** Whether a value is a map: no list, and not null. */
export function isMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lays `over` on `under`: maps are merged key by key, everything else (lists and null too) replaces. */
export function mergeMaps(under: PlainMap, over: PlainMap): PlainMap {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(result, key) ? result[key] : undefined;
    setOwn(result, { key, value: isMap(below) && isMap(value) ? mergeMaps(below, value) : value });
  }
  return result;
}

/** Sets a key whatever its name: `__proto__` is data here. */
export function setOwn(target: Record<string, unknown>, { key, value }: { key: string; value: unknown }): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
