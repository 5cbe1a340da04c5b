// Somebody else's text as one line of bounded length.

/**
 * The text with control, formatting and line-separating characters as spaces, at most `maxLength` UTF-16 units long: what
 * is longer ends in `…`.
 */
export function oneLine(text: string, maxLength: number): string {
  const line = text.replace(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  if (line.length <= maxLength) return line;
  return `${line.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`; // never half a character
}
