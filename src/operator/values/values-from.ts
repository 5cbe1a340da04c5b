// The layer of values that comes out of Secrets and ConfigMaps: from what is stored there to values. Pure.
import { ResourceAnnotation } from '../../api/v1alpha1/annotations.ts';
import { CodedError } from '../../lib/coded-error.ts';
import { isMap } from '../../lib/merge-maps.ts';
import { type PathStep, parseValuesPath } from '../../watches/override-values.ts';
import { parseValuesYaml } from '../../watches/values-yaml.ts';
import type { ValuesReference } from '../../watches/watch-entry.ts';
import type { Values } from './values.ts';
import type { NamedReference } from './values-annotation.ts';

/** A reference that gives no values. The message names it and never shows its content. */
export class ValuesSourceError extends CodedError<
  'VALUES_SOURCE_MISSING' | 'VALUES_SOURCE_INVALID' | 'VALUES_SOURCE_FORBIDDEN'
> {}

/** A Secret or ConfigMap that values come from. */
export interface SourceName {
  readonly kind: ValuesReference['kind'];
  readonly namespace: string;
  readonly name: string;
}

/** As the API server sends its data. */
export interface SourceData {
  readonly data?: Readonly<Record<string, string>>;
  /** ConfigMaps only. */
  readonly binaryData?: Readonly<Record<string, string>>;
}

/**
 * How much text one source, and all sources of a resource together, may have, in characters. YAML takes seconds a megabyte,
 * in which nothing else is done, and whoever writes ConfigMaps in a namespace could ask for many; helm's record, which all
 * values go into, holds no more than about a megabyte either.
 */
export const maxTextLength = { ofOne: 262_144, ofAll: 1_048_576 } as const;

/** What stands under one key. Its values are parsed once, however many resources refer to it. */
class SourceText {
  /** Undefined where it is no text. */
  readonly text: string | undefined;
  #parsed: ReturnType<typeof parseValuesYaml> | undefined;

  constructor(text: string | undefined) {
    this.text = text;
  }

  /** The text as a YAML document of values. */
  get parsed(): ReturnType<typeof parseValuesYaml> {
    this.#parsed ??= this.text === undefined ? { ok: false } : parseValuesYaml(this.text);
    return this.#parsed;
  }
}

/** By key of the data; undefined is a key that was looked for and is not there. */
export type SourceTexts = ReadonlyMap<string, SourceText | undefined>;

/** How much text the sources of one resource may still have; spent by {@link valuesOf}. */
export interface TextBudget {
  left: number;
}

/** `Secret namespace/name`. */
export function describeSource({ kind, namespace, name }: SourceName): string {
  return `${kind} ${namespace}/${name}`;
}

/** The text under a key; undefined where there is none. */
export function sourceTextOf(kind: SourceName['kind'], source: SourceData, dataKey: string): SourceText | undefined {
  if (own(source.binaryData, dataKey) !== undefined) return new SourceText(undefined);
  const stored = own(source.data, dataKey);
  if (stored === undefined) return undefined;
  return new SourceText(kind === 'ConfigMap' ? stored : utf8(Buffer.from(stored, 'base64')));
}

/**
 * The values that a reference gives. `texts` are those of the object that it names, undefined where there is none.
 * @throws ValuesSourceError
 */
export function valuesOf(
  reference: NamedReference,
  source: { readonly name: SourceName; readonly texts: SourceTexts | undefined; readonly budget: TextBudget },
): Values {
  const { valuesKey, optional, targetPath, isAnnotated = false } = reference;
  const what = describeSource(source.name);
  const found = source.texts?.get(valuesKey);
  if (found === undefined) {
    if (optional) return {};
    const missing = source.texts === undefined ? `${what} does not exist` : `${what} has no key "${valuesKey}"`;
    throw new ValuesSourceError('VALUES_SOURCE_MISSING', `values come from a source that is missing: ${missing}`, {
      remedy: isAnnotated
        ? `Create it, or take it out of the annotation ${ResourceAnnotation.valuesFrom}.`
        : 'Create it, or make the reference optional (valuesFrom in watches.yaml).',
    });
  }
  const { text } = found;
  if (text === undefined) throw invalid(`${what} key "${valuesKey}" is not text in UTF-8`, reference);
  requireShort(`${what} key "${valuesKey}"`, text.length, source.budget);
  if (targetPath !== undefined) return nest(targetPath, text);
  const { parsed } = found;
  if (parsed.ok) return parsed.values;
  const { place, problem = 'is not a YAML map of values' } = parsed;
  const where = place === undefined ? '' : ` (line ${place.line}, column ${place.column})`;
  throw invalid(`${what} key "${valuesKey}" ${problem}${where}`, reference);
}

function requireShort(what: string, length: number, budget: TextBudget): void {
  budget.left -= length;
  const { ofOne, ofAll } = maxTextLength;
  if (length <= ofOne && budget.left >= 0) return;
  const [which, limit] = length > ofOne ? ['one source', ofOne] : ['all sources of a resource together', ofAll];
  throw new ValuesSourceError('VALUES_SOURCE_INVALID', `${what} has ${length} characters: ${which} may have ${limit}`, {
    remedy: 'Take out what are no values: files belong into objects of their own, which a pod mounts.',
  });
}

/** The object may be there, but we may not read it. */
export function forbiddenSource(name: SourceName, cause: Error): ValuesSourceError {
  const message = `values come from a source that may not be read: ${describeSource(name)}: ${cause.message}`;
  return new ValuesSourceError('VALUES_SOURCE_FORBIDDEN', message, { cause });
}

function invalid(message: string, { isAnnotated = false }: NamedReference): ValuesSourceError {
  const remedy = isAnnotated
    ? `Put a YAML map of values there, or take it out of the annotation ${ResourceAnnotation.valuesFrom}.`
    : 'Put a YAML map of values there, or name the target with targetPath (valuesFrom in watches.yaml).';
  return new ValuesSourceError('VALUES_SOURCE_INVALID', message, { remedy });
}

function nest(path: string, text: string): Values {
  const parsed = parseValuesPath(path);
  if (!parsed.ok) throw new ValuesSourceError('VALUES_SOURCE_INVALID', `targetPath "${path}" has ${parsed.found}`);
  const wrap = (step: PathStep, inner: unknown): unknown => {
    if (typeof step === 'string') return { [step]: inner };
    const list: unknown[] = [];
    list[step] = inner;
    return Array.from(list, (item) => item ?? null);
  };
  const nested = parsed.value.reduceRight<unknown>((inner, step) => wrap(step, inner), text);
  return isMap(nested) ? nested : {};
}

/** Undefined where the bytes are no UTF-8. */
function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function own(data: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return data !== undefined && Object.hasOwn(data, key) ? data[key] : undefined;
}
