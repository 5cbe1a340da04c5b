// The overrideValues of an entry: environment expanded, paths and lists as in `helm --set-string`.
import { isScalar } from 'yaml';
import { type ExpandOptions, expandEnv } from './expand-env.ts';
import type { FieldReader } from './field-reader.ts';
import { OverrideTree, parseOverrideValue, parseValuesPath, type ValuesTree } from './override-values.ts';
import type { OverrideValue } from './watch-entry.ts';
import { describeNode, type SourceField } from './yaml-source.ts';

/** Overrides as written and as a tree. */
export interface Overrides {
  readonly overrideValues: readonly OverrideValue[];
  readonly overrideTree: ValuesTree;
}

/** Reads `overrideValues`; what is wrong with one of them does not hide what is wrong with the next. */
export function parseOverrides(entry: FieldReader, options: ExpandOptions): Overrides {
  const reader = entry.mapping('overrideValues');
  const tree = new OverrideTree();
  const overrideValues: OverrideValue[] = [];
  for (const field of reader?.entries() ?? []) {
    const override = reader === undefined ? undefined : parseOverride(reader, field, { ...options, tree });
    if (override !== undefined) overrideValues.push(override);
  }
  return { overrideValues, overrideTree: tree.toValues() };
}

function parseOverride(
  reader: FieldReader,
  field: SourceField,
  options: ExpandOptions & { readonly tree: OverrideTree },
): OverrideValue | undefined {
  const { name, valueNode } = field;
  const reject = (expected: string, found: string): undefined => {
    reader.wrong(name, { expected, found });
    return undefined;
  };
  const path = parseValuesPath(name);
  if (!path.ok) reject('a path such as image.tag or list[0].name', path.found);
  const written = scalarText(field);
  if (written === undefined)
    return reject('a text; every override is one, an empty one is ""', describeNode(valueNode));
  if (written.includes('{{')) {
    return reject(
      'a value without Go templates (put the final text into an environment variable and write $VARIABLE, or use valuesFrom)',
      '"{{"',
    );
  }
  const expanded = expandEnv(written, options);
  if (!expanded.ok) {
    const message = `${reader.pathOf(name)}: ${expanded.wrong}`;
    reader.wrong(name, { expected: 'variables that are set', found: JSON.stringify(written), message });
    return undefined;
  }
  const value = parseOverrideValue(expanded.text);
  if (!value.ok) return reject('a text, or a list such as {a,b}', value.found);
  if (!path.ok) return undefined;
  if (!options.tree.set(path.value, value.value)) {
    return reject('a path that no other override has taken', `${JSON.stringify(name)}, which contradicts one above it`);
  }
  return { path: name, value: expanded.text, isFromEnvironment: expanded.text !== written };
}

/** Numbers and booleans stand for what is written, as in helm-operator. */
function scalarText({ valueNode }: SourceField): string | undefined {
  if (!isScalar(valueNode)) return undefined;
  const { value } = valueNode;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? (valueNode.source ?? String(value)) : undefined;
}
