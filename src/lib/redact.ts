// Taking out of a text what must not be told: the values that came out of Secrets, as other programs may print them.

const hidden = '***';

/** Below this a text is hidden only where it stands alone: `1` is in every other word. */
const minLength = 4;

/** Base64 of less than this could be anything. */
const minEncodedLength = 6;

/**
 * `text` without the scalars that are anywhere in `secrets` (maps, lists, texts, numbers): as they are, quoted, and in
 * base64. Booleans and null tell nothing. Rather too much is hidden than too little: another word that happens to be equal
 * goes too.
 */
export function redact(text: string, secrets: readonly unknown[]): string {
  const spellings = new Set<string>();
  for (const secret of secrets) collect(secret, spellings);
  const longestFirst = [...spellings].filter((one) => text.includes(one)).sort((a, b) => b.length - a.length);
  return longestFirst.reduce((left, one) => {
    if (one.length >= minLength) return left.replaceAll(one, hidden);
    return left.replace(new RegExp(`(?<![\\p{L}\\p{N}_])${escaped(one)}(?![\\p{L}\\p{N}_])`, 'gu'), hidden);
  }, text);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function collect(secret: unknown, into: Set<string>): void {
  if (typeof secret === 'number' || typeof secret === 'bigint') {
    into.add(String(secret));
    into.add(secret.toLocaleString('en-US')); // helm's schema errors: `got 70,707`
  } else if (typeof secret === 'string') addSpellings(secret, into);
  else if (typeof secret === 'object' && secret !== null) {
    for (const inner of Object.values(secret)) collect(inner, into);
  }
}

function addSpellings(secret: string, into: Set<string>): void {
  const trimmed = secret.trim();
  if (trimmed === '') return;
  for (const one of new Set([secret, trimmed, ...trimmed.split('\n').map((line) => line.trim())])) {
    if (one === '' || (one.length < minLength && one !== trimmed)) continue;
    into.add(one);
    into.add(JSON.stringify(one).slice(1, -1)); // Go's %q is the same but for rare characters
    if (one.length >= minEncodedLength) into.add(Buffer.from(one).toString('base64'));
  }
}
