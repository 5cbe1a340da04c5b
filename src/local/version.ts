// Versions of other programs, read from what they print: pure.

/** Major, minor, patch. */
export type Version = readonly [major: number, minor: number, patch: number];

/** The first `1.2` or `1.2.3` in a text (`go version go1.26.8 linux/amd64`, `v4.2.3+g12ab`), undefined without one. */
export function findVersion(text: string): Version | undefined {
  const match = /(?:^|[^\d.])(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** True where `version` is `minimum` or newer. */
export function isAtLeast(version: Version, minimum: Version): boolean {
  for (const [index, part] of version.entries()) {
    const other = minimum[index] ?? 0;
    if (part !== other) return part > other;
  }
  return true;
}

/** `1.26.8`. */
export function formatVersion(version: Version): string {
  return version.join('.');
}
