// Checks of a single value (ranges, lengths, patterns, formats) from JSON Schema to structural schemas.
import { childPath, type Findings, isJsonObject } from './findings.ts';
import { CHECKED_FORMATS, VALUE_KEYWORDS } from './keywords.ts';
import type { ValueValidations } from './structural-schema.ts';

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What ECMAScript's regular expressions have and Go's have not. */
const notInGo = /\(\?<?[=!]|\\[1-9]|\\k</;

/** Copies the checks that stand in `node`; malformed ones become problems. Other keywords are not looked at. */
export function valueValidations(
  node: Readonly<Record<string, unknown>>,
  path: string,
  findings: Findings,
): ValueValidations {
  const result: Writable<ValueValidations> = {};
  for (const [keyword, operand] of Object.entries(node)) {
    const kind = VALUE_KEYWORDS[keyword];
    if (kind === undefined) continue;
    const at = childPath(path, keyword);
    const complaint = complaintAbout(kind, operand);
    if (complaint === undefined) Object.assign(result, { [keyword]: operand });
    else findings.problem(at, complaint);
  }
  return { ...result, ...lowerBound(node), ...upperBound(node) };
}

/** `allOf`, `anyOf`, `oneOf` and `not`: only checks of the value itself may stand inside. */
export function junctors(
  node: Readonly<Record<string, unknown>>,
  path: string,
  findings: Findings,
): Pick<ValueValidations, 'allOf' | 'anyOf' | 'oneOf' | 'not'> {
  const result: Writable<Pick<ValueValidations, 'allOf' | 'anyOf' | 'oneOf' | 'not'>> = {};
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
    const branches = node[keyword];
    if (branches === undefined) continue;
    const at = childPath(path, keyword);
    if (Array.isArray(branches) && branches.length > 0) {
      result[keyword] = branches.map((branch: unknown, index) => branchOf(branch, childPath(at, index), findings));
    } else findings.problem(at, 'must be a list of schemas');
  }
  if (node.not !== undefined) result.not = branchOf(node.not, childPath(path, 'not'), findings);
  return result;
}

function branchOf(branch: unknown, path: string, findings: Findings): ValueValidations {
  if (!isJsonObject(branch)) {
    findings.problem(path, 'must be a schema');
    return {};
  }
  for (const keyword of Object.keys(branch)) {
    if (keyword in VALUE_KEYWORDS || ['enum', 'allOf', 'anyOf', 'oneOf', 'not'].includes(keyword)) continue;
    findings.problem(
      childPath(path, keyword),
      `a structural schema has no place for ${keyword} inside allOf, anyOf, oneOf or not; ` +
        'only checks of the value itself may stand there',
    );
  }
  if (branch.enum !== undefined && !Array.isArray(branch.enum)) {
    findings.problem(childPath(path, 'enum'), 'must be a list');
  }
  return {
    ...(Array.isArray(branch.enum) ? { enum: branch.enum } : {}),
    ...valueValidations(branch, path, findings),
    ...junctors(branch, path, findings),
  };
}

function complaintAbout(kind: 'number' | 'count' | 'pattern' | 'format', operand: unknown): string | undefined {
  switch (kind) {
    case 'number':
      return typeof operand === 'number' ? undefined : 'must be a number';
    case 'count':
      return Number.isInteger(operand) && Number(operand) >= 0 ? undefined : 'must be a whole number, 0 or more';
    case 'format':
      if (typeof operand !== 'string') return 'must be a string';
      return CHECKED_FORMATS.has(operand)
        ? undefined
        : `the API server does not check the format ${JSON.stringify(operand)}; use a pattern`;
    case 'pattern':
      if (typeof operand !== 'string' || !isRegularExpression(operand)) return 'must be a regular expression';
      return notInGo.test(operand)
        ? 'the API server (Go) has neither look-around nor back-references; use an x-kubernetes-validations rule'
        : undefined;
  }
}

function isRegularExpression(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}

/** OpenAPI v3.0 has a boolean beside `minimum` where JSON Schema has a second number. */
function lowerBound(node: Readonly<Record<string, unknown>>): Pick<ValueValidations, 'minimum' | 'exclusiveMinimum'> {
  const { minimum, exclusiveMinimum } = node;
  if (typeof exclusiveMinimum !== 'number') return {};
  if (typeof minimum === 'number' && minimum > exclusiveMinimum) return { minimum, exclusiveMinimum: false };
  return { minimum: exclusiveMinimum, exclusiveMinimum: true };
}

function upperBound(node: Readonly<Record<string, unknown>>): Pick<ValueValidations, 'maximum' | 'exclusiveMaximum'> {
  const { maximum, exclusiveMaximum } = node;
  if (typeof exclusiveMaximum !== 'number') return {};
  if (typeof maximum === 'number' && maximum < exclusiveMaximum) return { maximum, exclusiveMaximum: false };
  return { maximum: exclusiveMaximum, exclusiveMaximum: true };
}
