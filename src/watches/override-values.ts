// overrideValues: dotted paths as in `helm --set-string`, to a tree of values (operator-sdk uses strvals.ParseIntoString).

/** A value of a chart. */
export type ValuesNode = string | null | readonly ValuesNode[] | ValuesTree;

/** Values by key. */
export interface ValuesTree {
  readonly [key: string]: ValuesNode;
}

/** A key of a map or an index of a list. */
export type PathStep = string | number;

/** What came of parsing one part; `found` says what is wrong. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly found: string };

/** Helm's limits (strvals.MaxNestedNameLevel, strvals.MaxIndex). */
const maxDepth = 30;
const maxIndex = 65_536;

/** A dotted path: `a.b`, `list[0].name`; a backslash takes the meaning from `.`, `[`, `=` and `,`. */
export function parseValuesPath(text: string): Parsed<readonly PathStep[]> {
  const steps: PathStep[] = [];
  const tokens = /(\.?)((?:\\.|[^\\.[,=])+)|\[(\d+)\]/gsy;
  while (tokens.lastIndex < text.length) {
    const from = tokens.lastIndex;
    const match = tokens.exec(text);
    if (match === null) return { ok: false, found: `${JSON.stringify(text.slice(from))} in it` };
    const [, dot, key, index] = match;
    if (key !== undefined && (dot === '.') === (steps.length === 0)) {
      return { ok: false, found: `${JSON.stringify(match[0])} in it` };
    }
    if (key === undefined && steps.length === 0) return { ok: false, found: 'a list index at its beginning' };
    if (Number(index) > maxIndex) return { ok: false, found: `an index above ${maxIndex}` };
    steps.push(key === undefined ? Number(index) : key.replaceAll(/\\(.)/gs, '$1'));
  }
  if (steps.length === 0) return { ok: false, found: 'an empty one' };
  return steps.length > maxDepth ? { ok: false, found: `more than ${maxDepth} levels` } : { ok: true, value: steps };
}

/**
 * A value: always a string, or for `{a,b}` a list of strings; a backslash takes the meaning from the next character.
 * Unlike with `--set-string` a comma needs none: here it cannot begin a second value.
 */
export function parseOverrideValue(text: string): Parsed<string | readonly string[]> {
  const withoutEscapes = (escaped: string): string => escaped.replaceAll(/\\(.?)/gs, '$1');
  if (!text.startsWith('{')) return { ok: true, value: withoutEscapes(text) };
  const list = /^\{((?:\\.|[^\\}])*)\}$/s.exec(text);
  if (list === null) return { ok: false, found: 'a list that does not end with its closing brace' };
  const items = `,${list[1]}`.matchAll(/,((?:\\.|[^\\,])*)/gs);
  return { ok: true, value: Array.from(items, ([, item]) => withoutEscapes(item ?? '')) };
}

type Branch =
  | { readonly kind: 'map'; readonly fields: Map<string, Leaf> }
  | { readonly kind: 'list'; readonly items: (Leaf | undefined)[] };
type Leaf = Branch | { readonly kind: 'value'; readonly value: string | readonly string[] };

/** Values under construction: an override may fill in what earlier ones left open, never replace it. */
export class OverrideTree {
  readonly #fields = new Map<string, Leaf>();

  /** Sets a value; false if another override stands in the way (the same path, or one above or below it). */
  set(path: readonly PathStep[], value: string | readonly string[]): boolean {
    let branch: Leaf = { kind: 'map', fields: this.#fields };
    for (const [depth, step] of path.entries()) {
      if (branch.kind === 'value' || (branch.kind === 'list') !== (typeof step === 'number')) return false;
      const next = path[depth + 1];
      const present = read(branch, step);
      if (next === undefined) {
        if (present !== undefined) return false;
        write(branch, { step, leaf: { kind: 'value', value } });
        return true;
      }
      const child: Leaf =
        present ?? (typeof next === 'number' ? { kind: 'list', items: [] } : { kind: 'map', fields: new Map() });
      write(branch, { step, leaf: child });
      branch = child;
    }
    return false;
  }

  /** The tree as plain data; places of a list that nobody set are null, as in helm. */
  toValues(): ValuesTree {
    return fieldsOf(this.#fields);
  }
}

function read(branch: Branch, step: PathStep): Leaf | undefined {
  return branch.kind === 'map' ? branch.fields.get(String(step)) : branch.items[Number(step)];
}

function write(branch: Branch, { step, leaf }: { readonly step: PathStep; readonly leaf: Leaf }): void {
  if (branch.kind === 'map') branch.fields.set(String(step), leaf);
  else branch.items[Number(step)] = leaf;
}

function fieldsOf(fields: ReadonlyMap<string, Leaf>): ValuesTree {
  return Object.fromEntries([...fields].map(([key, leaf]) => [key, plain(leaf)]));
}

function plain(leaf: Leaf | undefined): ValuesNode {
  if (leaf === undefined) return null;
  if (leaf.kind === 'value') return leaf.value;
  return leaf.kind === 'map' ? fieldsOf(leaf.fields) : Array.from(leaf.items, plain);
}
