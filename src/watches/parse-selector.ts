// LabelSelectors in watches.yaml, checked as the API server would check them.
import type { LabelSelector, LabelSelectorRequirement } from '../api/v1alpha1/label-selector.ts';
import { complain, FieldReader, type Located, readText } from './field-reader.ts';
import { labelKey, labelValue } from './text-rules.ts';
import { describeNode } from './yaml-source.ts';

/** Reads a selector from a field; absent is undefined. */
export function parseSelector(parent: FieldReader, name: string): LabelSelector | undefined {
  const reader = parent.mapping(name);
  if (reader === undefined) return undefined;
  const matchLabels = parseMatchLabels(reader);
  const matchExpressions = reader.list('matchExpressions').flatMap((item) => parseRequirement(reader, item) ?? []);
  reader.rejectUnknown();
  return {
    ...(matchLabels === undefined ? {} : { matchLabels }),
    ...(matchExpressions.length === 0 ? {} : { matchExpressions }),
  };
}

function parseMatchLabels(reader: FieldReader): Readonly<Record<string, string>> | undefined {
  const labels = reader.mapping('matchLabels');
  if (labels === undefined) return undefined;
  const pairs = labels.entries().map(({ name, keyNode, valueNode }) => {
    const path = labels.pathOf(name);
    if (!labelKey.test(name)) {
      complain(labels.source, { node: keyNode, path }, { expected: labelKey.expected, found: describeNode(keyNode) });
    }
    return [name, readText(labels.source, { node: valueNode ?? keyNode, path }, labelValue) ?? ''] as const;
  });
  return Object.fromEntries(pairs);
}

function parseRequirement(parent: FieldReader, item: Located): LabelSelectorRequirement | undefined {
  const reader = FieldReader.open(parent.source, item);
  if (reader === undefined) return undefined;
  const key = reader.requiredText('key', labelKey);
  reader.required('operator', 'In, NotIn, Exists or DoesNotExist');
  const operator = reader.oneOf('operator', ['In', 'NotIn', 'Exists', 'DoesNotExist']);
  const items = reader.list('values');
  const values = items.flatMap((value) => readText(reader.source, value, labelValue) ?? []);
  if ((operator === 'In' || operator === 'NotIn') && items.length === 0) {
    reader.wrong('values', { expected: `at least one value for ${operator}`, found: 'none' });
  }
  if ((operator === 'Exists' || operator === 'DoesNotExist') && items.length > 0) {
    reader.wrong('values', { expected: `no values for ${operator}`, found: String(items.length) });
  }
  reader.rejectUnknown();
  if (key === undefined || operator === undefined) return undefined;
  return { key, operator, ...(values.length === 0 ? {} : { values }) };
}
