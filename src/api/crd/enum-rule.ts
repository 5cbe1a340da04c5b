// `enum` of a nullable property as a CEL rule: the API server checks a native enum against null too, and refuses it.
import type { ValidationRule } from './structural-schema.ts';

/** The scalar types that an enum can have in a CRD. */
export type EnumType = 'string' | 'integer' | 'number' | 'boolean' | 'int-or-string';

/**
 * The rule for the allowed values, or undefined where CEL cannot say it (lists, objects, values of another type). CEL
 * rules are not asked about null, so `null` is allowed beside them; null among the values is therefore left out.
 */
export function enumRule(values: readonly unknown[], type: EnumType): ValidationRule | undefined {
  const wanted = values.filter((value) => value !== null);
  if (wanted.length === 0 || !wanted.every((value) => fits(value, type))) return undefined;
  const message = `must be one of: ${wanted.map(String).join(', ')}`;
  if (type !== 'int-or-string') return { rule: `self in ${list(wanted, type)}`, message };
  // Kubernetes wants the literals of a list to be of one type.
  const integers = wanted.filter((value) => typeof value === 'number');
  const strings = wanted.filter((value) => typeof value === 'string');
  const isIn = (some: readonly unknown[], of: EnumType): string =>
    some.length === 0 ? 'false' : `self in ${list(some, of)}`;
  return { rule: `type(self) == int ? ${isIn(integers, 'integer')} : ${isIn(strings, 'string')}`, message };
}

function fits(value: unknown, type: EnumType): boolean {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value);
    case 'int-or-string':
      return typeof value === 'string' || Number.isSafeInteger(value);
    default:
      return typeof value === type;
  }
}

function list(values: readonly unknown[], type: EnumType): string {
  return `[${values.map((value) => literal(value, type)).join(', ')}]`;
}

function literal(value: unknown, type: EnumType): string {
  if (type === 'number' && Number.isInteger(value)) return Number(value).toFixed(1);
  // JSON's escapes are CEL's as well.
  return JSON.stringify(value);
}
