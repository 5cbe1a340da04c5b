// What somebody else wrote, made safe to print.

/** In quotes, bounded, without control or direction characters: for what a namespace's users wrote. */
export function quoteUntrusted(value: string): string {
  const bounded = value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return JSON.stringify(bounded.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�'));
}
