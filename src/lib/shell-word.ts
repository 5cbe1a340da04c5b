// A text as one word of a POSIX shell: for the lines that users paste.

/** Unchanged where the shell would not touch it, else in single quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
