// The type of a schema in values.schema.json as a structural schema knows types.
import { childPath, type Findings, isJsonObject } from './findings.ts';
import { ANNOTATION_KEYWORDS, REFUSED_KEYWORDS } from './keywords.ts';

const types = ['object', 'array', 'string', 'integer', 'number', 'boolean'] as const;

/** A type, or the one mixture that Kubernetes has a name for. */
export type SchemaType = (typeof types)[number] | 'int-or-string';

/** Keywords that say nothing about the value: with only these, anything fits. */
const silent = new Set([
  ...ANNOTATION_KEYWORDS,
  'title',
  'description',
  'deprecated',
  'default',
  'x-kubernetes-preserve-unknown-fields',
]);

/** The type of `node`; undefined where any value fits. What cannot be told is a problem, and counts as anything. */
export function resolveType(
  node: Readonly<Record<string, unknown>>,
  path: string,
  findings: Findings,
): SchemaType | undefined {
  const { type } = node;
  const at = childPath(path, 'type');
  if (node['x-kubernetes-int-or-string'] === true) {
    if (type !== undefined && !isIntegerAndString(type)) {
      findings.problem(at, 'beside x-kubernetes-int-or-string it must be ["integer", "string"] or absent');
    }
    return 'int-or-string';
  }
  if (Array.isArray(type)) {
    findings.problem(at, 'a structural schema has one type: for integer and string use x-kubernetes-int-or-string');
    return undefined;
  }
  if (type === undefined) {
    const keywords = Object.keys(node);
    // A refused keyword has been reported already, and often stands where the type would.
    const isSilent = keywords.every((keyword) => silent.has(keyword));
    if (!isSilent && !keywords.some((keyword) => REFUSED_KEYWORDS.has(keyword))) findings.problem(path, 'needs a type');
    return undefined;
  }
  const known = types.find((name) => name === type);
  if (known === undefined) findings.problem(at, `must be one of ${types.join(', ')}`);
  else if (known !== 'object') refuse(node, { path, keywords: ['properties', 'additionalProperties'] }, findings);
  if (known !== undefined && known !== 'array') refuse(node, { path, keywords: ['items'] }, findings);
  return known;
}

/** `anyOf: [{type: integer}, {type: string}]` beside x-kubernetes-int-or-string, as Kubernetes' own CRDs write it. */
export function isIntOrStringIdiom(node: Readonly<Record<string, unknown>>): boolean {
  const { anyOf } = node;
  return (
    node['x-kubernetes-int-or-string'] === true &&
    Array.isArray(anyOf) &&
    anyOf.every((branch) => isJsonObject(branch) && Object.keys(branch).length === 1) &&
    isIntegerAndString(anyOf.map((branch: unknown) => (isJsonObject(branch) ? branch.type : undefined)))
  );
}

function isIntegerAndString(type: unknown): boolean {
  return Array.isArray(type) && type.length === 2 && type.includes('integer') && type.includes('string');
}

function refuse(
  node: Readonly<Record<string, unknown>>,
  { path, keywords }: { readonly path: string; readonly keywords: readonly string[] },
  findings: Findings,
): void {
  for (const keyword of keywords.filter((name) => node[name] !== undefined)) {
    findings.problem(childPath(path, keyword), `has no meaning for the type ${String(node.type)}`);
  }
}
