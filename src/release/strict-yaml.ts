// The part of YAML on which all readers agree: a document is read only if nothing in it could mean two things.
import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  Parser,
  type Scalar,
} from 'yaml';
import { errorText } from '../lib/error-text.ts';
import { RecordError } from './decode.ts';
import { unreadable } from './manifest-text.ts';
import { foldCase } from './record-json.ts';

/** Words of syntax that all documents of a manifest may have together: reading takes about a microsecond for each. */
export const maxTokens = 300_000;

/** Kubernetes' own objects are a dozen levels deep, the schemas of some CRDs three dozen. */
const maxDepth = 100;

/** Aliases that one document may unfold to. */
const maxAliasCount = 1_000;

/** A key is looked for in at most 1,024 characters by one reader, and not by another. */
const maxKeyLength = 512;

/** Keys by which Helm and we tell what an object is. Go's JSON finds some of them whatever their case, others not. */
const structuralKeys = ['apiVersion', 'kind', 'metadata', 'items', 'name', 'namespace', 'annotations'] as const;
const structuralByFold = new Map(structuralKeys.map((key) => [foldCase(key), key as string]));

/** What YAML 1.1 reads as a boolean or as nothing; 1.2 reads most of it as text. */
const ambiguousWord = /^(?:y|n|yes|no|on|off|true|false|null|~|)$/i;

/** What YAML 1.1 reads as a number or a time; 1.2 reads some of it as text. */
const ambiguousNumber =
  /^(?:[-+.].*|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*(?::[0-9]+)+.*|\d{4}-\d.*)$/;

/** How many tokens are left. */
export interface TokenBudget {
  left: number;
}

/**
 * Reads one document; undefined where it is empty.
 * @throws RecordError `MANIFEST_UNREADABLE` for what is no YAML, what two readers could read differently, and what would
 * take too long
 */
export function readStrictYaml(text: string, budget: TokenBudget): unknown {
  try {
    const document = compose(text, budget);
    if (document === undefined) return undefined;
    const [problem] = [...document.errors, ...document.warnings]; // an unknown tag is a warning
    if (problem !== undefined) throw problem;
    const root = document.contents;
    if (root === null || (isScalar(root) && root.value === null && root.tag === undefined)) return undefined;
    new Reading(text).check(root);
    return document.toJS({ maxAliasCount });
  } catch (cause) {
    if (cause instanceof RecordError) throw cause;
    if (cause instanceof Ambiguity) throw unreadable(cause.message, cause);
    throw unreadable(`is not YAML: ${errorText(cause)}`, cause);
  }
}

/** As the library's parseDocument; but words are counted as they come, and whatever is too much is not read to its end. */
function compose(text: string, budget: TokenBudget): Document.Parsed | undefined {
  const composer = new Composer({ merge: false, uniqueKeys: false, logLevel: 'silent' });
  const [document, another] = composer.compose(tokensOf(text, budget), true, text.length);
  if (another !== undefined) throw new Ambiguity('holds more than one document');
  return document;
}

function* tokensOf(text: string, budget: TokenBudget): Generator<CST.Token> {
  const parser = new Parser();
  for (const word of new Lexer().lex(text)) {
    budget.left -= 1;
    if (budget.left < 0) throw unreadable(`has more than ${maxTokens} words of syntax`);
    yield* parser.next(word);
  }
  yield* parser.end();
}

class Ambiguity extends Error {}

type Place = 'block' | 'flow';

/** One pass over the nodes of a document. */
class Reading {
  readonly #text: string;
  readonly #anchors = new Map<string, Node>();
  /** Where block scalars stand: the only places where a tab may. */
  readonly #blocks: (readonly [number, number])[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  check(root: Node): void {
    if (isMap(root) && this.#columnOf(root) !== 0)
      throw this.#doubt(root, 'a document that does not begin in column 0');
    this.#node(root, { place: 'block', depth: 0 });
    this.#structure(root, { isItem: false });
    this.#tabs();
  }

  #node(node: Node, at: { readonly place: Place; readonly depth: number }): void {
    if (at.depth > maxDepth) throw this.#doubt(node, `more than ${maxDepth} levels`);
    if (isAlias(node)) {
      if (!this.#anchors.has(node.source)) throw this.#doubt(node, 'an alias without an anchor');
      return;
    }
    if (node.tag !== undefined) throw this.#doubt(node, 'a tag');
    if (isScalar(node)) this.#scalar(node, at.place);
    const isFlow = at.place === 'flow' || ((isMap(node) || isSeq(node)) && node.flow === true);
    const inside = { place: isFlow ? ('flow' as const) : ('block' as const), depth: at.depth + 1 };
    if (isMap(node)) this.#map(node.items as Pair<Node, Node | null>[], inside);
    if (isSeq(node)) for (const item of node.items as Node[]) this.#item(item, inside);
    this.#anchor(node);
  }

  #map(pairs: readonly Pair<Node, Node | null>[], inside: { readonly place: Place; readonly depth: number }): void {
    const seen = new Set<string>();
    for (const { key, value } of pairs) {
      const text = this.#key(key);
      if (seen.has(text)) throw this.#doubt(key, `the key ${JSON.stringify(text)} twice`);
      seen.add(text);
      if (value !== null) this.#node(value, inside);
      else if (inside.place === 'flow') throw this.#doubt(key, 'a key without a value');
    }
  }

  #item(item: Node, inside: { readonly place: Place; readonly depth: number }): void {
    const isBarePair = inside.place === 'flow' && isMap(item) && this.#text[startOf(item)] !== '{';
    if (isBarePair) throw this.#doubt(item, 'a pair without braces in a list');
    this.#node(item, inside);
  }

  #key(key: Node): string {
    if (!isScalar(key) || key.tag !== undefined || key.anchor !== undefined)
      throw this.#doubt(key, 'a key that is no text');
    const [start, end] = key.range ?? [0, 0];
    const raw = this.#text.slice(start, end);
    const text = String(key.value);
    const isPlain = key.type === 'PLAIN';
    const isNumber = typeof key.value === 'number' && /^(?:0|[1-9]\d{0,14})$/.test(raw);
    if ((typeof key.value !== 'string' && !isNumber) || (isPlain && ambiguousWord.test(raw))) {
      throw this.#doubt(key, 'a key that is no text to every reader');
    }
    if (text === '<<') throw this.#doubt(key, 'a merge key (<<)');
    const isSimple = raw.length <= maxKeyLength && !raw.includes('\n') && !(raw.startsWith('"') && raw.includes('\\'));
    if (!isSimple || !/^ {0,8}:/.test(this.#text.slice(end, end + 9)))
      throw this.#doubt(key, 'a key that is written oddly');
    return text;
  }

  #scalar(node: Scalar, place: Place): void {
    const [start, end] = node.range ?? [0, 0];
    if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') {
      this.#blocks.push([start, end]);
      this.#blockScalar(node, this.#text.slice(start, end));
    } else if (node.type === 'PLAIN' && place === 'flow') {
      const raw = this.#text.slice(start, end);
      if (/[?\n#]|:(?![\w/])|^-$/.test(raw))
        throw this.#doubt(node, 'an unquoted text with ? # or : in braces or brackets');
    }
  }

  /** Where the text begins is told by its first line; an indicator, or a tab before it, is counted differently. */
  #blockScalar(node: Scalar, raw: string): void {
    const [header = '', ...lines] = raw.split('\n');
    if (!/^[|>][-+]?(?: .*)?\r?$/.test(header)) throw this.#doubt(node, 'a text with an indentation indicator');
    const first = lines.find((line) => /[^ \r]/.test(line)) ?? '';
    const indent = first.search(/[^ ]/);
    const isTabbed = lines.some((line) => /^ *\t/.test(line) && line.indexOf('\t') < Math.max(indent, 1));
    if (isTabbed || first[indent] === '\t') throw this.#doubt(node, 'a tab as indentation');
  }

  #anchor(node: Node): void {
    if (!('anchor' in node) || node.anchor === undefined) return;
    const isGood = /^[A-Za-z0-9_-]+$/.test(node.anchor) && !this.#anchors.has(node.anchor);
    if (!isGood) throw this.#doubt(node, `an anchor that is odd or comes twice`);
    this.#anchors.set(node.anchor, node);
  }

  /** The levels by which Helm tells what an object is: no key that only some readers find, no text that only some see. */
  #structure(node: Node, { isItem }: { readonly isItem: boolean }): void {
    this.#structuralMap(node, (key, value) => {
      if (key === 'apiVersion' || key === 'kind') this.#identity(value);
      if (key === 'metadata') {
        this.#structuralMap(value, (inner, text) => {
          if (inner === 'name' || inner === 'namespace') this.#identity(text);
        });
      }
      // a list in a list is refused later: no need to follow aliases any deeper
      const items = key === 'items' && !isItem ? this.#resolve(value) : undefined;
      if (isSeq(items)) for (const item of items.items as Node[]) this.#structure(item, { isItem: true });
    });
  }

  #structuralMap(value: Node | null, visit: (key: string, value: Node | null) => void): void {
    const map = this.#resolve(value);
    if (!isMap(map)) return;
    for (const pair of map.items as Pair<Scalar, Node | null>[]) {
      const key = String(pair.key.value);
      const meant = structuralByFold.get(foldCase(key));
      if (meant !== undefined && meant !== key)
        throw this.#doubt(pair.key, `the key ${JSON.stringify(key)}, near to ${meant},`);
      visit(key, pair.value);
    }
  }

  #identity(value: Node | null): void {
    const node = this.#resolve(value);
    if (!isScalar(node) || node.value === null) return; // what it is not, is seen when objects are collected
    const [start, end] = node.range ?? [0, 0];
    const raw = this.#text.slice(start, end);
    const isPlain = node.type === 'PLAIN';
    const isOdd = /[\n\\]/.test(raw) || (isPlain && (ambiguousWord.test(raw) || ambiguousNumber.test(raw)));
    const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    if (isOdd || isBlock)
      throw this.#doubt(node, 'a name, namespace, kind or apiVersion that is no plain text to every reader');
  }

  #tabs(): void {
    const blocks = this.#blocks.toSorted(([a], [b]) => a - b);
    let index = 0;
    for (let at = this.#text.indexOf('\t'); at >= 0; at = this.#text.indexOf('\t', at + 1)) {
      while ((blocks[index]?.[1] ?? Number.POSITIVE_INFINITY) <= at) index += 1;
      if ((blocks[index]?.[0] ?? Number.POSITIVE_INFINITY) > at) throw this.#doubt(at, 'a tab outside a block of text');
    }
  }

  #resolve(node: Node | null): Node | null | undefined {
    return isAlias(node) ? this.#anchors.get(node.source) : node;
  }

  #columnOf(node: Node): number {
    return startOf(node) - (this.#text.lastIndexOf('\n', startOf(node) - 1) + 1);
  }

  #doubt(where: Node | number, what: string): Ambiguity {
    const offset = typeof where === 'number' ? where : startOf(where);
    const line = this.#text.slice(0, offset).split('\n').length;
    return new Ambiguity(`has ${what} in line ${line} of a document: readers of YAML may differ on it`);
  }
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
