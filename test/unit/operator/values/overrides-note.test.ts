import { expect, test } from 'vitest';
import { overridesNote } from '../../../../src/operator/values/overrides-note.ts';

test('the paths are named in the file’s order, no value is shown', () => {
  const overrideValues = [
    { path: 'image.app.tag', value: 's3cret', isFromEnvironment: true },
    { path: 'hosts[0].name', value: 'other', isFromEnvironment: false },
  ];
  expect(overridesNote({ overrideValues })).toBe('overrideValues of watches.yaml decide image.app.tag, hosts[0].name');
});

test('without overrides there is nothing to say', () => {
  expect(overridesNote({ overrideValues: [] })).toBeUndefined();
});
