// YAML of values as helm reads it: a chart's values.yaml, and what valuesFrom names.
import { type CollectionTag, parseAllDocuments, type ScalarTag, type Tags } from 'yaml';
import { isMap, mergeMaps, type PlainMap } from '../lib/merge-maps.ts';

/** The values, or the place where the text is wrong: lines and columns count from 1. Never what stands there. */
export type ValuesYaml =
  | { readonly ok: true; readonly values: PlainMap }
  | {
      readonly ok: false;
      readonly place?: { readonly line: number; readonly column: number };
      /** What is the matter, where it is not simply no map: `has too many aliases`. */
      readonly problem?: string;
    };

/** `0o644`, which only YAML 1.2 has, is read by helm all the same. */
const octal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^0o[0-7]+$/,
  resolve: (text) => Number.parseInt(text.slice(2), 8),
};

/** Helm makes a text of it. */
const binary: ScalarTag = {
  tag: 'tag:yaml.org,2002:binary',
  resolve: (text) => Buffer.from(text, 'base64').toString('utf8'),
};

/**
 * YAML 1.1 (`yes` is true, `0644` is octal), merge keys merged, and of equal keys the last one counts. Dates are texts, and so
 * is `1:30`, for which YAML 1.1 has numbers.
 */
const asHelmReads = {
  version: '1.1',
  merge: true,
  uniqueKeys: false,
  customTags: (tags: Tags): Tags => [octal, binary, ...tags.filter((tag) => typeof tag === 'string' || isKept(tag))],
} as const;

function isKept(tag: ScalarTag | CollectionTag): boolean {
  const isSexagesimal = 'format' in tag && tag.format === 'TIME';
  return !isSexagesimal && !/:(timestamp|binary|omap|pairs|set)$/.test(tag.tag);
}

/** Reads a text. Several documents are laid one over the other, as helm does; no text is no values. */
export function parseValuesYaml(text: string): ValuesYaml {
  try {
    let values: PlainMap = {};
    for (const document of parseAllDocuments(text, asHelmReads)) {
      const error = document.errors[0];
      if (error?.code === 'RESOURCE_EXHAUSTION') return { ok: false, problem: 'is nested too deeply' };
      if (error !== undefined) return wrong(error.linePos?.[0]);
      const value: unknown = document.toJS({ maxAliasCount: 100, reviver: refuseWhatJsonLacks }) ?? {};
      if (!isMap(value)) return { ok: false };
      values = mergeMaps(values, value);
    }
    return { ok: true, values };
  } catch (error) {
    return { ok: false, problem: problemOf(error) };
  }
}

/** As the parser tells them apart; none of them says where. */
function problemOf(error: unknown): string {
  if (error instanceof NoJsonError) return 'holds a number that JSON has no word for';
  if (!(error instanceof ReferenceError)) return 'cannot be made into values';
  return /alias count/.test(error.message) ? 'has aliases that stand for too much' : 'has an alias of nothing';
}

function wrong(place: { readonly line: number; readonly col: number } | undefined): ValuesYaml {
  return place === undefined ? { ok: false } : { ok: false, place: { line: place.line, column: place.col } };
}

class NoJsonError extends Error {}

/** `.inf` would become null on its way to helm. */
function refuseWhatJsonLacks(_key: unknown, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new NoJsonError();
  return value;
}
