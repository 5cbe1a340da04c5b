// Who manages which fields of an object, and handing them over to server-side apply, as client-go's csaupgrade does. Pure.
import type { ManagedFieldsEntry } from '../../kube/objects.ts';

/**
 * A set of fields as the API server writes it (FieldsV1): a field is in the set where its value is empty, or has the key
 * `.`; everything else in the value are fields below it.
 */
export interface FieldSet {
  readonly [key: string]: FieldSet;
}

/**
 * What `managers` wrote by updates becomes what `manager` applied: only what was applied goes when a later apply leaves it
 * out. The fields join those that were applied already, or the latest of the updates becomes an apply. Fields that were
 * named in another version of the API cannot be joined and become nobody's. What was written to subresources stays.
 */
export function giveToApply(
  entries: readonly ManagedFieldsEntry[],
  { managers, manager }: { readonly managers: ReadonlySet<string>; readonly manager: string },
): readonly ManagedFieldsEntry[] {
  const isGiven = (entry: ManagedFieldsEntry): boolean =>
    entry.operation === 'Update' && isWhole(entry) && managers.has(entry.manager ?? '');
  const given = entries.filter(isGiven);
  const applied = entries.find((entry) => entry.operation === 'Apply' && isWhole(entry) && entry.manager === manager);
  const base = applied ?? given.reduce<ManagedFieldsEntry | undefined>(later, undefined);
  if (given.length === 0 || base === undefined) return entries;
  const joined = [base, ...given].filter(({ apiVersion }) => apiVersion === base.apiVersion);
  const fieldsV1 = joined.map(({ fieldsV1: fields }) => fields as FieldSet | undefined).reduce(joinSets);
  const taken: ManagedFieldsEntry = { ...base, manager, operation: 'Apply', fieldsV1 };
  return [...entries.filter((entry) => entry !== applied && !isGiven(entry)), taken];
}

/** Who wrote the field at `path` by updates, e.g. `['f:metadata', 'f:ownerReferences']`; not to a subresource. */
export function updatersOf(entries: readonly ManagedFieldsEntry[], path: readonly string[]): readonly string[] {
  return entries
    .filter((entry) => entry.operation === 'Update' && isWhole(entry) && holds(entry.fieldsV1, path))
    .flatMap(({ manager }) => manager ?? []);
}

/** The union of two sets. */
export function joinSets(one: FieldSet = {}, other: FieldSet = {}): FieldSet {
  const joined: Record<string, FieldSet> = { ...one };
  for (const [key, below] of Object.entries(other)) {
    const held = Object.hasOwn(one, key) ? one[key] : undefined;
    joined[key] = held === undefined ? below : joinFields(held, below);
  }
  return joined;
}

/** What is below a key that both sets have: empty is the field itself, and must not be lost beside what is below it. */
function joinFields(one: FieldSet, other: FieldSet): FieldSet {
  if (isEmpty(one) && isEmpty(other)) return {};
  const itself = isEmpty(one) || isEmpty(other) ? { '.': {} } : {};
  return { ...itself, ...joinSets(one, other) };
}

function isEmpty(fields: FieldSet): boolean {
  return Object.keys(fields).length === 0;
}

function isWhole({ subresource = '' }: ManagedFieldsEntry): boolean {
  return subresource === '';
}

function later(one: ManagedFieldsEntry | undefined, other: ManagedFieldsEntry): ManagedFieldsEntry {
  return one !== undefined && (one.time ?? '') >= (other.time ?? '') ? one : other;
}

function holds(fields: unknown, path: readonly string[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  const isHere = typeof fields === 'object' && fields !== null && Object.hasOwn(fields, key);
  return isHere && holds((fields as FieldSet)[key], rest);
}
