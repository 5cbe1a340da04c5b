// Where the members of a JSON object stand in its text, so that one of them can be changed and the rest stays as it is.
import { endOfString } from './record-json.ts';

/** A piece of text: from its first character to behind its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The values of the object that begins at `at` with its brace, by key; of a key that comes twice the last, as
 * `JSON.parse` has it. `json` must be valid.
 */
export function membersOf(json: string, at: number): ReadonlyMap<string, Span> {
  const members = new Map<string, Span>();
  for (let next = skipSpace(json, at + 1); json[next] === '"'; ) {
    const endOfKey = endOfString(json, next);
    const key: unknown = JSON.parse(json.slice(next, endOfKey));
    const start = skipSpace(json, skipSpace(json, endOfKey) + 1); // over the colon
    const end = endOfValue(json, start);
    members.set(String(key), { start, end });
    const behind = skipSpace(json, end);
    next = json[behind] === ',' ? skipSpace(json, behind + 1) : behind;
  }
  return members;
}

/** Where the root begins. */
export function skipSpace(json: string, from: number): number {
  let at = from;
  while (at < json.length && ' \t\n\r'.includes(json[at] ?? '')) at += 1;
  return at;
}

function endOfValue(json: string, start: number): number {
  const first = json[start];
  if (first === '"') return endOfString(json, start);
  if (first !== '{' && first !== '[') return endOfWord(json, start);
  let depth = 0;
  let at = start;
  do {
    const char = json[at];
    if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    at = char === '"' ? endOfString(json, at) : at + 1;
  } while (depth > 0 && at < json.length);
  return at;
}

/** A number, `true`, `false` or `null`. */
function endOfWord(json: string, start: number): number {
  let at = start;
  while (at < json.length && !',}] \t\n\r'.includes(json[at] ?? '')) at += 1;
  return at;
}
