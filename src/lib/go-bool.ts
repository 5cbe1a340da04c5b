// Booleans as Go's strconv.ParseBool reads them: what operator-sdk's flags and annotations are written in.

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);

/** Undefined for any other text. */
export function parseGoBool(text: string): boolean | undefined {
  return booleans.get(text);
}
