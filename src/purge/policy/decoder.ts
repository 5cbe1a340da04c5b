// Reading a YAML node into a typed value, collecting every mistake with its place instead of stopping at the first.
import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, Scalar } from 'yaml';
import { didYouMean } from '../../lib/did-you-mean.ts';

/** One thing that is wrong in a document; lines and columns count from 1. */
export interface DocumentProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A node with where it stands: in the text, and in the document. */
export interface Source {
  readonly node: Node;
  /** `spec.limits.maxReleases`. */
  readonly path: string;
  readonly document: Document<Node>;
  readonly lines: LineCounter;
  readonly problems: DocumentProblem[];
}

/** Reads a node. `undefined` means that a problem was reported. */
export type Decoder<T> = (source: Source) => T | undefined;

/** Says what is wrong at a node. */
export function report(source: Source, message: string): undefined {
  const { line, col } = source.lines.linePos(source.node.range?.[0] ?? 0);
  source.problems.push({ line, column: col, message: `${source.path}: ${message}` });
  return undefined;
}

/** A string; `check` says what is wrong with one. */
export function text(
  expected: string,
  check: (value: string) => string | undefined = () => undefined,
): Decoder<string> {
  return (source) => {
    const value = scalarOf(source);
    if (typeof value !== 'string') return report(source, `expected ${expected}, found ${show(source)}`);
    const problem = check(value);
    return problem === undefined ? value : report(source, problem);
  };
}

/** One of some words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Decoder<Word> {
  return (source) => {
    const value = scalarOf(source);
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    const meant = typeof value === 'string' ? didYouMean(value, words) : undefined;
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    return report(source, `expected ${words.join(' or ')}, found ${show(source)}${hint}`);
  };
}

/** `true` or `false`. */
export const flag: Decoder<boolean> = (source) => {
  const value = scalarOf(source);
  return typeof value === 'boolean' ? value : report(source, `expected true or false, found ${show(source)}`);
};

/** A whole number within bounds. */
export function integer(range: { readonly min: number; readonly max?: number }): Decoder<number> {
  const expected =
    range.max === undefined
      ? `a whole number, ${range.min} or more`
      : `a whole number from ${range.min} to ${range.max}`;
  return (source) => {
    const value = scalarOf(source);
    const isGood =
      typeof value === 'number' &&
      Number.isSafeInteger(value) &&
      value >= range.min &&
      (range.max === undefined || value <= range.max);
    return isGood ? value : report(source, `expected ${expected}, found ${show(source)}`);
  };
}

/** A list. */
export function listOf<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return (source) => {
    const node = resolved(source);
    if (!isSeq(node)) return report(source, `expected a list, found ${show(source)}`);
    return node.items
      .map((child, index) => item(inner(source, { child: child as Node, path: `${source.path}[${index}]` })))
      .filter((value) => value !== undefined);
  };
}

/** A list or a map with at most so many entries. */
export function atMost<T>(max: number, decoder: Decoder<T>): Decoder<T> {
  return (source) => {
    const node = resolved(source);
    const found = isSeq(node) || isMap(node) ? node.items.length : 0;
    return found > max ? report(source, `it has ${found} entries, and ${max} are allowed`) : decoder(source);
  };
}

/** A map whose keys are free. */
export function mapOf<T>(
  value: Decoder<T>,
  checkKey: (key: string) => string | undefined = () => undefined,
): Decoder<Readonly<Record<string, T>>> {
  return (source) => {
    const node = resolved(source);
    if (!isMap(node)) return report(source, `expected a map, found ${show(source)}`);
    const result: Record<string, T> = {};
    for (const { key, keySource, valueSource } of pairsOf(source)) {
      const problem = checkKey(key);
      if (problem !== undefined) report(keySource, problem);
      const decoded = value(valueSource);
      if (decoded !== undefined) result[key] = decoded;
    }
    return result;
  };
}

/** Anything, unread: what the API server writes into a document that was taken from a cluster. */
export const ignored: Decoder<undefined> = () => undefined;

/** A decoder for each field of `T`: forgetting one does not compile. */
export type FieldDecoders<T> = { readonly [K in keyof Required<T>]: Decoder<NonNullable<T[K]>> };

/** An object with known fields; any other field is a mistake. */
export function object<T extends object>(
  fields: FieldDecoders<T>,
  options: { readonly required?: readonly (keyof T & string)[]; readonly ignore?: readonly string[] } = {},
): Decoder<T> {
  const known = Object.keys(fields);
  const decoders: Readonly<Record<string, Decoder<unknown>>> = fields;
  return (source) => {
    if (!isMap(resolved(source))) return report(source, `expected an object, found ${show(source)}`);
    const result: Record<string, unknown> = {};
    for (const { key, keySource, valueSource } of pairsOf(source)) {
      const decode = Object.hasOwn(decoders, key) ? decoders[key] : undefined;
      if (decode === undefined) {
        if (options.ignore?.includes(key) !== true) reportUnknown(keySource, key, known);
        continue;
      }
      const value = decode(valueSource);
      result[key] = value;
    }
    for (const key of options.required ?? []) {
      if (!Object.hasOwn(result, key)) report(source, `"${key}" is missing`);
    }
    return result as T;
  };
}

interface Pair {
  readonly key: string;
  readonly keySource: Source;
  readonly valueSource: Source;
}

function pairsOf(source: Source): readonly Pair[] {
  const node = resolved(source);
  if (!isMap(node)) return [];
  return node.items.map((pair) => {
    const keyNode = pair.key as Node;
    const key = String(isScalar(keyNode) ? keyNode.value : keyNode);
    const path = source.path === '' ? key : `${source.path}.${key}`;
    return {
      key,
      keySource: inner(source, { child: keyNode, path }),
      valueSource: inner(source, { child: (pair.value as Node | null) ?? nothingAt(keyNode), path }),
    };
  });
}

/** `{team}` has a key and no value: nothing, where the key stands. */
function nothingAt(key: Node): Node {
  const nothing = new Scalar(null);
  if (key.range) nothing.range = key.range;
  return nothing;
}

function inner(source: Source, to: { child: Node; path: string }): Source {
  return { ...source, node: to.child, path: to.path };
}

function reportUnknown(source: Source, key: string, known: readonly string[]): void {
  const meant = didYouMean(key, known);
  report(source, `no such field${meant === undefined ? '' : `; did you mean ${meant}?`} (known: ${known.join(', ')})`);
}

function resolved(source: Source): Node | undefined {
  return isAlias(source.node) ? source.node.resolve(source.document) : source.node;
}

function scalarOf(source: Source): unknown {
  const node = resolved(source);
  return isScalar(node) ? node.value : undefined;
}

function show(source: Source): string {
  const node = resolved(source);
  if (node === undefined && isAlias(source.node)) return `an alias without an anchor (*${source.node.source})`;
  if (isMap(node)) return 'an object';
  if (isSeq(node)) return 'a list';
  const value = isScalar(node) ? node.value : undefined;
  if (value === null || value === undefined) return 'nothing';
  return JSON.stringify(value);
}
