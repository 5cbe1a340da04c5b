import { expect, test } from 'vitest';
import { overridesNote } from '../../../src/operator/overrides-note.ts';

test('the paths are named in the file’s order, no value is shown', () => {
  const overrideValues = [
    { path: 'image.app.tag', value: 's3cret' },
    { path: 'hosts[0].name', value: 'other' },
  ];
  expect(overridesNote({ overrideValues })).toBe('overrideValues of watches.yaml decide image.app.tag, hosts[0].name');
});

test('without overrides there is nothing to say', () => {
  expect(overridesNote({ overrideValues: [] })).toBeUndefined();
});
