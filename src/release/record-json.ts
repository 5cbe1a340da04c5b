// The keys of a record's JSON as Go sees them: it finds a field whatever the case of its key, and mixes keys that come twice.

/** Fields that are read of a record, by the path of the object that holds them. */
const fields: Readonly<Record<string, readonly string[]>> = {
  '': ['name', 'namespace', 'version', 'info', 'chart', 'manifest', 'hooks'],
  info: ['status', 'description'],
  hooks: ['name', 'kind', 'manifest', 'events'],
};

/** An object, or the list of hooks, whose keys mean something. */
interface Frame {
  readonly path: string;
  readonly seen: Set<string>;
  /** The key that was read last. */
  key: string;
}

const quote = 0x22;
const openings: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closings: ReadonlySet<number> = new Set([0x5d, 0x7d]);
const list = 0x5b;

/**
 * What is wrong with the keys of a record, undefined where Go finds what `JSON.parse` finds: each field spelt as Helm
 * spells it, and once. `json` must be valid. What means nothing to us is passed over without a note for each bracket: a record
 * may hold millions of them.
 */
export function keyProblem(json: string): string | undefined {
  const frames: Frame[] = [];
  /** How deep within what means nothing. */
  let ignored = 0;
  let at = 0;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (openings.has(code)) {
      const frame = ignored > 0 ? undefined : enter(frames.at(-1), { isList: code === list });
      if (frame === undefined) ignored += 1;
      else frames.push(frame);
    } else if (closings.has(code)) {
      if (ignored > 0) ignored -= 1;
      else frames.pop();
    }
    if (code !== quote) {
      at += 1;
      continue;
    }
    const end = endOfString(json, at);
    const frame = ignored > 0 ? undefined : frames.at(-1);
    if (frame !== undefined && isColonNext(json, end)) {
      const key = String(JSON.parse(json.slice(at, end)));
      const problem = problemOf(key, frame) ?? (frame.path === '' ? numberProblem(key, json, end) : undefined);
      if (problem !== undefined) return problem;
      frame.key = key;
    }
    at = end;
  }
  return undefined;
}

/** Undefined: what means nothing. Lists are transparent: the objects of `hooks` are at `hooks`. */
function enter(parent: Frame | undefined, { isList }: { readonly isList: boolean }): Frame | undefined {
  const path = pathWithin(parent, isList);
  return path === undefined ? undefined : { path, seen: new Set(), key: '' };
}

function pathWithin(parent: Frame | undefined, isList: boolean): string | undefined {
  if (parent === undefined) return isList ? undefined : '';
  if (parent.path === '' && parent.key === 'hooks') return 'hooks';
  if (parent.path === 'hooks' && parent.key === '' && !isList) return 'hooks';
  return parent.path === '' && parent.key === 'info' && !isList ? 'info' : undefined;
}

function problemOf(key: string, { path, seen }: Frame): string | undefined {
  const folded = foldCase(key);
  const field = fields[path]?.find((name) => foldCase(name) === folded);
  if (field === undefined) return undefined;
  if (field !== key) return `the record has a key ${JSON.stringify(key)}, which Helm takes for ${field}`;
  if (seen.has(key)) return `the record has the key ${field} twice`;
  seen.add(key);
  return undefined;
}

/** `1.0` and `1e0` are whole numbers to `JSON.parse`, and to Go no number that an int can hold. */
function numberProblem(key: string, json: string, from: number): string | undefined {
  if (key !== 'version') return undefined;
  wholeNumber.lastIndex = from;
  return wholeNumber.test(json) ? undefined : 'the record has a version that is not written as a whole number';
}

const wholeNumber = /[ \t\n\r]*:[ \t\n\r]*-?\d+[ \t\n\r]*[,}]/y;

/**
 * Where the string that begins at `start` ends: behind the closing quote. A quote is part of the text where an odd number
 * of backslashes stands before it.
 */
export function endOfString(json: string, start: number): number {
  let quote = json.indexOf('"', start + 1);
  while (quote >= 0) {
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    quote = json.indexOf('"', quote + 1);
  }
  return json.length;
}

function isColonNext(json: string, from: number): boolean {
  let at = from;
  while (at < json.length && ' \t\n\r'.includes(json[at] ?? '')) at += 1;
  return json[at] === ':';
}

/** As Go folds: besides case, the long s and the Kelvin sign. */
export function foldCase(text: string): string {
  return text.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase();
}
