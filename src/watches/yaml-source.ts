// A YAML document whose nodes know where they stand: syntax errors, aliases and merge keys are dealt with here.
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { SourcePosition, WatchProblem } from './errors.ts';

/** A problem before its position is known. */
export interface Complaint {
  readonly expected: string;
  readonly found: string;
  /** The whole line for people; by default made of the path, `expected` and `found`. */
  readonly message?: string;
}

/** A field of a mapping. */
export interface SourceField {
  readonly name: string;
  readonly keyNode: Node;
  readonly valueNode: Node | null;
}

/** A parsed document that collects what is wrong with it. */
export class YamlSource {
  readonly file: string;
  readonly problems: WatchProblem[] = [];
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  readonly #refused = new Set<Alias>();

  constructor(text: string, file: string) {
    this.file = file;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const error of [...this.#document.errors, ...this.#document.warnings]) {
      const expected = error.code === 'MULTIPLE_DOCS' ? 'one YAML document' : 'valid YAML';
      const found = error.code === 'MULTIPLE_DOCS' ? 'a second one' : error.message;
      this.#push(this.#positionAt(error.pos[0]), { expected, found, message: `expected ${expected}, found ${found}` });
    }
  }

  /** The document's content, null where there is none. */
  get root(): Node | null {
    return this.resolve(this.#document.contents);
  }

  /** Reports something wrong with the node, or with the beginning of the file. */
  report(node: Node | null, complaint: Complaint & { readonly message: string }): void {
    this.#push(this.positionOf(node), complaint);
  }

  /** Where a node begins. */
  positionOf(node: Node | null): SourcePosition {
    return this.#positionAt(node?.range?.[0] ?? 0);
  }

  /** The node that an alias stands for. */
  resolve(node: unknown): Node | null {
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target === undefined) this.#refuseAlias(node);
      return this.resolve(target);
    }
    return isScalar(node) || isMap(node) || isSeq(node) ? node : null;
  }

  /** The fields of a mapping, those of `<<` included where the mapping has none of that name itself. */
  fieldsOf(map: YAMLMap): readonly SourceField[] {
    const fields = new Map<string, SourceField>();
    const merged: SourceField[] = [];
    for (const { key, value } of map.items) {
      const keyNode = this.resolve(key);
      if (!isScalar(keyNode)) continue;
      const name = String(keyNode.value);
      const valueNode = this.resolve(value);
      if (name === '<<' && keyNode.type === 'PLAIN') merged.push(...this.#mergedFields(valueNode));
      else fields.set(name, { name, keyNode, valueNode });
    }
    for (const field of merged) if (!fields.has(field.name)) fields.set(field.name, field);
    return [...fields.values()];
  }

  #refuseAlias(alias: Alias): void {
    if (this.#refused.has(alias)) return;
    this.#refused.add(alias);
    const expected = `an anchor &${alias.source} above`;
    this.report(alias, { expected, found: 'none', message: `*${alias.source}: expected ${expected}, found none` });
  }

  #mergedFields(node: Node | null): readonly SourceField[] {
    if (isMap(node)) return this.fieldsOf(node);
    return isSeq(node) ? node.items.flatMap((item) => this.#mergedFields(this.resolve(item))) : [];
  }

  #positionAt(offset: number): SourcePosition {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  #push(position: SourcePosition, complaint: Complaint & { readonly message: string }): void {
    this.problems.push({ file: this.file, ...position, ...complaint });
  }
}

/** What stands in a node, for messages: short, and never a whole collection. */
export function describeNode(node: Node | null): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null || node.value === undefined) return 'nothing';
  if (typeof node.value !== 'string') return node.source ?? 'something else';
  return JSON.stringify(node.value.length > 60 ? `${node.value.slice(0, 60)}…` : node.value);
}
