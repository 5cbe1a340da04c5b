// Typed reading of one mapping: each field is asked for once, what is wrong is reported where it stands, the rest is unknown.
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { didYouMean } from '../lib/did-you-mean.ts';
import { parseGoDuration } from '../lib/go-duration.ts';
import { parseGoPeriod, periodExpected } from '../lib/go-period.ts';
import { type Complaint, describeNode, type SourceField, type YamlSource } from './yaml-source.ts';

/** A check of a string. */
export interface TextRule {
  /** What is expected, in words. */
  readonly expected: string;
  readonly test: (text: string) => boolean;
}

/** An element of a list, or a named value, with its path. */
export interface Located {
  readonly node: Node | null;
  readonly path: string;
}

/** Reads a mapping. Every getter returns undefined for what is absent, null or wrong; wrong is also reported. */
export class FieldReader {
  readonly path: string;
  readonly node: YAMLMap;
  readonly source: YamlSource;
  readonly #fields: ReadonlyMap<string, SourceField>;
  readonly #known = new Set<string>();

  constructor(source: YamlSource, node: YAMLMap, path: string) {
    this.source = source;
    this.node = node;
    this.path = path;
    this.#fields = new Map(source.fieldsOf(node).map((field) => [field.name, field]));
  }

  /** A mapping to read, or undefined and a problem. */
  static open(source: YamlSource, { node, path }: Located): FieldReader | undefined {
    if (isMap(node)) return new FieldReader(source, node, path);
    complain(source, { node, path }, { expected: 'a mapping', found: describeNode(node) });
    return undefined;
  }

  /** The value of a field; its absence is reported at the mapping's beginning. */
  required(name: string, expected: string): Node | undefined {
    const node = this.#get(name);
    if (node === undefined) {
      const at = this.#fields.get(name)?.keyNode ?? this.node;
      this.#complain(at, { name, complaint: { expected, found: 'nothing' } });
    }
    return node;
  }

  /** Required text, checked. */
  requiredText(name: string, rule: TextRule): string | undefined {
    const node = this.required(name, rule.expected);
    return node === undefined ? undefined : this.#text(node, { name, rule });
  }

  text(name: string, rule: TextRule): string | undefined {
    const node = this.#get(name);
    return node === undefined ? undefined : this.#text(node, { name, rule });
  }

  boolean(name: string): boolean | undefined {
    const value = this.#scalar(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.#wrong(name, 'true or false');
  }

  /** A whole number, `min` or more. */
  integer(name: string, min: number): number | undefined {
    const value = this.#scalar(name);
    if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= min)) return value;
    return this.#wrong(name, `a whole number, ${min} or more`);
  }

  /** A Go duration in milliseconds, one or more. */
  durationMs(name: string): number | undefined {
    const value = this.#scalar(name);
    if (value === undefined) return undefined;
    const durationMs = typeof value === 'string' || value === 0 ? parseGoDuration(String(value)) : undefined;
    if (durationMs !== undefined && durationMs >= 1) return durationMs;
    return this.#wrong(name, 'a Go duration such as 1m30s, more than 0');
  }

  /** How often, in milliseconds; 0 is never. */
  periodMs(name: string): number | undefined {
    const value = this.#scalar(name);
    if (value === undefined) return undefined;
    const periodMs = typeof value === 'string' || value === 0 ? parseGoPeriod(String(value)) : undefined;
    return periodMs ?? this.#wrong(name, periodExpected);
  }

  oneOf<const Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const value = this.#scalar(name);
    if (value === undefined) return undefined;
    const known = values.find((candidate) => candidate === value);
    if (known !== undefined) return known;
    const meant = didYouMean(String(value), values);
    return this.#wrong(name, alternatives(values), meant === undefined ? undefined : `did you mean ${meant}?`);
  }

  /** A mapping in a field. */
  mapping(name: string): FieldReader | undefined {
    const node = this.#get(name);
    return node === undefined ? undefined : FieldReader.open(this.source, { node, path: this.pathOf(name) });
  }

  /** The elements of a list in a field; none where there is no list. */
  list(name: string): readonly Located[] {
    const node = this.#get(name);
    if (node === undefined) return [];
    if (isSeq(node)) {
      return node.items.map((item, index) => ({
        node: this.source.resolve(item),
        path: `${this.pathOf(name)}[${index}]`,
      }));
    }
    this.#wrong(name, 'a list');
    return [];
  }

  /** The fields of a mapping whose names are free (labels, overrides). */
  entries(): readonly SourceField[] {
    return [...this.#fields.values()];
  }

  /** To be called last: everything that nobody asked for is unknown. */
  rejectUnknown(): void {
    for (const { name, keyNode } of this.#fields.values()) {
      if (this.#known.has(name)) continue;
      const meant = didYouMean(name, [...this.#known]);
      const expected = alternatives([...this.#known]);
      const hint = meant === undefined ? `expected ${expected}` : `did you mean ${JSON.stringify(meant)}?`;
      this.source.report(keyNode, {
        expected,
        found: JSON.stringify(name),
        message: `${this.path}: unknown field ${JSON.stringify(name)}; ${hint}`,
      });
    }
  }

  /** Reports something wrong with a field's value. */
  wrong(name: string, complaint: Complaint): void {
    const field = this.#fields.get(name);
    this.#complain(field?.valueNode ?? field?.keyNode ?? this.node, { name, complaint });
  }

  /** `[0].selector`. */
  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** Null counts as absent, as in Go. */
  #get(name: string): Node | undefined {
    this.#known.add(name);
    const node = this.#fields.get(name)?.valueNode ?? null;
    return node === null || (isScalar(node) && node.value === null) ? undefined : node;
  }

  #scalar(name: string): string | number | boolean | undefined {
    const node = this.#get(name);
    if (node === undefined) return undefined;
    const value: unknown = isScalar(node) ? node.value : undefined;
    // What is not a scalar is no value of any scalar type: an empty text fits none of them.
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : '';
  }

  #text(node: Node, { name, rule }: { readonly name: string; readonly rule: TextRule }): string | undefined {
    return readText(this.source, { node, path: this.pathOf(name) }, rule);
  }

  #wrong(name: string, expected: string, hint?: string): undefined {
    const found = describeNode(this.#fields.get(name)?.valueNode ?? null);
    const path = this.pathOf(name);
    this.wrong(name, {
      expected,
      found,
      ...(hint === undefined ? {} : { message: `${path}: expected ${expected}, found ${found}; ${hint}` }),
    });
    return undefined;
  }

  #complain(node: Node, { name, complaint }: { readonly name: string; readonly complaint: Complaint }): void {
    complain(this.source, { node, path: this.pathOf(name) }, complaint);
  }
}

/** Text in a node, checked; undefined and a problem where it is something else. */
export function readText(source: YamlSource, at: Located, rule: TextRule): string | undefined {
  const value: unknown = isScalar(at.node) ? at.node.value : undefined;
  if (typeof value === 'string' && rule.test(value)) return value;
  complain(source, at, { expected: rule.expected, found: describeNode(at.node) });
  return undefined;
}

/** Reports a complaint with the place's path in front. */
export function complain(source: YamlSource, { node, path }: Located, complaint: Complaint): void {
  const { expected, found } = complaint;
  source.report(node, {
    ...complaint,
    message: complaint.message ?? `${path}: expected ${expected}, found ${found}`,
  });
}

/** `a, b or c`. */
function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
