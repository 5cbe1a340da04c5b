// watches.yaml from text to entries, or to the list of everything that is wrong with it. No I/O.
import { isScalar, isSeq, type Node } from 'yaml';
import { apiVersionOf, type GroupVersionKind } from '../api/v1alpha1/group-version.ts';
import type { SourcePosition, WatchProblem } from './errors.ts';
import type { Environment } from './expand-env.ts';
import { FieldReader } from './field-reader.ts';
import { parseEntry } from './parse-entry.ts';
import type { ParsedWatchEntry } from './watch-entry.ts';
import { describeNode, YamlSource } from './yaml-source.ts';

/** What parsing depends on. */
export interface ParseOptions {
  /** The file's name, for messages. */
  readonly file: string;
  /** For `$VAR` in overrideValues. */
  readonly env: Environment;
  /** True: a missing variable is the empty string, as in helm-operator. Default false. */
  readonly allowMissingEnv?: boolean;
}

/** An entry, as far as it could be read, and its chart with the place where it is named. */
export interface PlacedEntry {
  /** Undefined where version, kind or chart are missing or wrong. */
  readonly entry: ParsedWatchEntry | undefined;
  /** `[0].chart`. */
  readonly chartField: string;
  readonly chartPath: string | undefined;
  readonly chartPosition: SourcePosition;
}

/** What was read. The entries are to be used only if there are no problems, in the file or in the charts. */
export interface ParsedWatches {
  readonly entries: readonly PlacedEntry[];
  readonly problems: readonly WatchProblem[];
}

/** Parses the text of a watches.yaml. */
export function parseWatches(text: string, options: ParseOptions): ParsedWatches {
  const source = new YamlSource(text, options.file);
  // After a syntax error nodes are guesses: what they seem to say would only hide the real cause.
  const entries = source.problems.length > 0 ? [] : parseEntries(source, options);
  return { entries, problems: inFileOrder(source.problems) };
}

/** Problems as a reader meets them from top to bottom. */
export function inFileOrder(problems: readonly WatchProblem[]): readonly WatchProblem[] {
  return problems.toSorted((one, other) => one.line - other.line || one.column - other.column);
}

function parseEntries(source: YamlSource, options: ParseOptions): readonly PlacedEntry[] {
  const { root } = source;
  if (!isSeq(root) || root.items.length === 0) {
    const expected = 'a list of watches, each with version, kind and chart';
    const found = isSeq(root) ? 'an empty list' : describeNode(root);
    source.report(root, { expected, found, message: `expected ${expected}, found ${found}` });
    return [];
  }
  const firstByKind = new Map<string, Node>();
  return root.items.flatMap((item, index) => {
    const reader = FieldReader.open(source, { node: source.resolve(item), path: `[${index}]` });
    if (reader === undefined) return [];
    const entry = parseEntry(reader, options);
    if (entry !== undefined) refuseSecondOf(entry.gvk, { reader, firstByKind });
    const chart = reader.entries().find((field) => field.name === 'chart')?.valueNode;
    return [
      {
        entry,
        chartField: reader.pathOf('chart'),
        chartPath: isScalar(chart) && typeof chart.value === 'string' && chart.value !== '' ? chart.value : undefined,
        chartPosition: source.positionOf(chart ?? reader.node),
      },
    ];
  });
}

function refuseSecondOf(
  gvk: GroupVersionKind,
  { reader, firstByKind }: { readonly reader: FieldReader; readonly firstByKind: Map<string, Node> },
): void {
  const { source, node } = reader;
  const name = `${apiVersionOf(gvk)} ${gvk.kind}`;
  const first = firstByKind.get(name);
  if (first === undefined) {
    firstByKind.set(name, node);
    return;
  }
  const { line, column } = source.positionOf(first);
  source.report(node, {
    expected: 'one entry a kind',
    found: `a second one for ${name}`,
    message: `${reader.path}: ${name} is mapped a second time; the first is at ${source.file}:${line}:${column}`,
  });
}
