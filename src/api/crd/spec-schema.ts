// A chart's values.schema.json to the structural schema of `spec`, or to the list of everything that cannot be said in one.
import { describe } from './description.ts';
import { type EnumType, enumRule } from './enum-rule.ts';
import { childPath, type Finding, Findings, isJsonObject } from './findings.ts';
import {
  ANNOTATION_KEYWORDS,
  KUBERNETES_KEYWORDS,
  REFUSED_KEYWORDS,
  TRANSLATED_KEYWORDS,
  VALUE_KEYWORDS,
} from './keywords.ts';
import { isIntOrStringIdiom, resolveType, type SchemaType } from './schema-type.ts';
import type { StructuralSchema } from './structural-schema.ts';
import { junctors, valueValidations } from './value-validations.ts';

/** What came of it. */
export type SpecSchemaResult =
  | { readonly ok: true; readonly schema: StructuralSchema; readonly notes: readonly Finding[] }
  | { readonly ok: false; readonly problems: readonly Finding[] };

/** Where a schema stands. */
interface Place {
  readonly path: string;
  /** Null takes a chart default away, so every field is nullable; items of a list are not fields. */
  readonly isNullable: boolean;
  /** Helm merges maps and replaces lists: above the first list, what a resource gives is only a part of the values. */
  readonly isMerged: boolean;
  readonly chartDefault: unknown;
  /** How often it can occur in one resource: the product of the limits of the lists and maps above it. */
  readonly multiplicity: number;
}

/**
 * The schema of `spec` for a chart whose values.schema.json is `valuesSchema` and whose values.yaml is `defaults`
 * (DESIGN.md §2): no defaults, every field nullable, nothing dropped without a problem or a note.
 */
export function specSchema(valuesSchema: unknown, defaults?: unknown): SpecSchemaResult {
  const findings = new Findings();
  const place: Place = { path: '$', isNullable: false, isMerged: true, chartDefault: defaults, multiplicity: 1 };
  const schema = convert(valuesSchema, place, findings);
  if (findings.problems.length === 0 && schema.type !== 'object') findings.problem('$.type', 'values are an object');
  return findings.problems.length === 0
    ? { ok: true, schema, notes: findings.notes }
    : { ok: false, problems: findings.problems };
}

const anything: StructuralSchema = { 'x-kubernetes-preserve-unknown-fields': true };

function convert(node: unknown, place: Place, findings: Findings): StructuralSchema {
  const { path } = place;
  if (node === true) return place.isNullable ? { nullable: true, ...anything } : anything;
  if (!isJsonObject(node)) {
    findings.problem(path, node === false ? 'a schema that nothing fits has no counterpart' : 'must be a schema');
    return {};
  }
  checkKeywords(node, path, findings);
  const type = resolveType(node, path, findings);
  const hasFields = isJsonObject(node.properties);
  const description = describe({ node, path, chartDefault: place.chartDefault, hasFields }, findings);
  return {
    ...(description === undefined ? {} : { description }),
    ...(type === undefined || type === 'int-or-string' ? {} : { type }),
    ...(place.isNullable ? { nullable: true } : {}),
    ...valueValidations(node, path, findings),
    ...completeness(node, place, findings),
    ...(isIntOrStringIdiom(node) ? {} : junctors(node, path, findings)),
    ...kubernetesKeywords(node),
    ...(type === undefined ? anything : {}),
    ...(type === 'int-or-string' ? { 'x-kubernetes-int-or-string': true } : {}),
    ...allowedValues(node, { type, place }, findings),
    ...(type === 'object' ? objectFields(node, place, findings) : {}),
    ...(type === 'array' ? { items: listItems(node, place, findings) } : {}),
  };
}

function checkKeywords(node: Readonly<Record<string, unknown>>, path: string, findings: Findings): void {
  for (const keyword of Object.keys(node)) {
    const wayOut = REFUSED_KEYWORDS.get(keyword);
    if (wayOut !== undefined) {
      findings.problem(childPath(path, keyword), `${keyword} cannot be carried over: ${wayOut}`);
      continue;
    }
    const isKnown =
      ANNOTATION_KEYWORDS.has(keyword) ||
      TRANSLATED_KEYWORDS.has(keyword) ||
      KUBERNETES_KEYWORDS.has(keyword) ||
      Object.hasOwn(VALUE_KEYWORDS, keyword);
    if (!isKnown) findings.problem(childPath(path, keyword), `unknown keyword ${JSON.stringify(keyword)}`);
  }
}

/** `required` and `minProperties` hold for the merged values; of a part of them they would ask too much. */
function completeness(
  node: Readonly<Record<string, unknown>>,
  place: Place,
  findings: Findings,
): Pick<StructuralSchema, 'required' | 'minProperties'> {
  const result: { required?: readonly string[]; minProperties?: number } = {};
  for (const keyword of ['required', 'minProperties'] as const) {
    const operand = node[keyword];
    if (operand === undefined) continue;
    if (place.isMerged) {
      findings.note(
        childPath(place.path, keyword),
        'left to helm: it holds for the merged values, of which a resource gives only a part',
      );
    } else if (keyword === 'required' && Array.isArray(operand)) result.required = operand.map(String);
    else if (keyword === 'minProperties' && typeof operand === 'number') result.minProperties = operand;
    else findings.problem(childPath(place.path, keyword), 'is malformed');
  }
  return result;
}

function kubernetesKeywords(node: Readonly<Record<string, unknown>>): StructuralSchema {
  return Object.fromEntries(Object.entries(node).filter(([keyword]) => KUBERNETES_KEYWORDS.has(keyword)));
}

function allowedValues(
  node: Readonly<Record<string, unknown>>,
  { type, place }: { readonly type: SchemaType | undefined; readonly place: Place },
  findings: Findings,
): Pick<StructuralSchema, 'enum' | 'allOf' | 'x-kubernetes-validations'> {
  const values = node.enum;
  if (values === undefined) return {};
  const path = childPath(place.path, 'enum');
  const isScalar = type !== undefined && type !== 'object' && type !== 'array';
  const rule = isScalar && Array.isArray(values) ? enumRule(values, type satisfies EnumType) : undefined;
  if (!Array.isArray(values) || rule === undefined) {
    findings.problem(path, `must be a list of ${type ?? 'typed'} values`);
    return {};
  }
  if (!place.isNullable && !values.includes(null)) return { enum: values };
  if (place.multiplicity <= affordableTimes(type)) {
    const others = node['x-kubernetes-validations'];
    return { 'x-kubernetes-validations': Array.isArray(others) ? [...others, rule] : [rule] };
  }
  // The API server refuses rules that may run too often. Inside allOf null is let through too, only less nicely said.
  const others = isIntOrStringIdiom(node) ? undefined : junctors(node, place.path, new Findings()).allOf;
  return { allOf: [...(others ?? []), { enum: values.filter((value) => value !== null) }] };
}

/** How often an enum rule may run within the API server's cost limit; tried on Kubernetes 1.36, with room to spare. */
function affordableTimes(type: SchemaType | undefined): number {
  return type === 'int-or-string' ? 1 : 1_000;
}

function objectFields(
  node: Readonly<Record<string, unknown>>,
  place: Place,
  findings: Findings,
): Pick<StructuralSchema, 'properties' | 'additionalProperties' | 'x-kubernetes-preserve-unknown-fields'> {
  const { properties, additionalProperties } = node;
  const path = childPath(place.path, 'additionalProperties');
  if (properties !== undefined && !isJsonObject(properties)) {
    findings.problem(childPath(place.path, 'properties'), 'must be an object of schemas');
    return {};
  }
  if (properties !== undefined && additionalProperties !== undefined && additionalProperties !== true) {
    findings.problem(
      path,
      'a structural schema has either properties or additionalProperties: leave it out, unknown fields are refused ' +
        'under strict validation anyway, or set it to true',
    );
  }
  if (properties !== undefined) {
    const fields = Object.entries(properties).map(([name, field]) => {
      const at: Place = {
        ...place,
        path: childPath(childPath(place.path, 'properties'), name),
        isNullable: true,
        chartDefault: isJsonObject(place.chartDefault) ? place.chartDefault[name] : undefined,
      };
      return [name, convert(field, at, findings)] as const;
    });
    return { properties: Object.fromEntries(fields), ...(additionalProperties === true ? anything : {}) };
  }
  // An object of which nothing is said may hold anything; a bare `type: object` in a CRD would prune it all.
  if (additionalProperties === undefined || additionalProperties === true) return anything;
  const multiplicity = place.multiplicity * limitOf(node.maxProperties);
  const at: Place = { ...place, path, isNullable: true, chartDefault: undefined, multiplicity };
  return { additionalProperties: convert(additionalProperties, at, findings) };
}

function listItems(node: Readonly<Record<string, unknown>>, place: Place, findings: Findings): StructuralSchema {
  const path = childPath(place.path, 'items');
  if (Array.isArray(node.items)) {
    findings.problem(path, 'a structural schema has one schema for all items');
    return {};
  }
  const multiplicity = place.multiplicity * limitOf(node.maxItems);
  const at: Place = { path, isNullable: false, isMerged: false, chartDefault: undefined, multiplicity };
  const items = convert(node.items ?? true, at, findings);
  const keys = node['x-kubernetes-list-map-keys'];
  return Array.isArray(keys) ? withKeys(items, keys.map(String)) : items;
}

function limitOf(operand: unknown): number {
  return typeof operand === 'number' ? operand : Number.POSITIVE_INFINITY;
}

/** Keys of a list that is a map identify its items: they cannot be null. */
function withKeys(items: StructuralSchema, keys: readonly string[]): StructuralSchema {
  const fields = Object.entries(items.properties ?? {}).map(([name, field]) => {
    const { nullable: _, ...rest } = field;
    return [name, keys.includes(name) ? rest : field] as const;
  });
  return { ...items, properties: Object.fromEntries(fields) };
}
