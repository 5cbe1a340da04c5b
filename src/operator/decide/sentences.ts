// Texts that are put together into one message. Pure.

/** One after the other, each ended; those that are undefined are left out. */
export function sentences(...texts: readonly (string | undefined)[]): string {
  const said = texts.filter((text) => text !== undefined);
  return said.map((text, index) => (index < said.length - 1 && !/[.!?…]$/.test(text) ? `${text}.` : text)).join(' ');
}
