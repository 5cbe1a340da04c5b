import { describe, expect, test } from 'vitest';
import { changeOf, layersOf } from '../../../../src/operator/values/values-layers.ts';

const overridden = (...paths: readonly string[]) => ({
  overrideValues: paths.map((path) => ({ path, value: 'hunter2', isFromEnvironment: true })),
});

describe('layersOf', () => {
  test.each([
    ['spec alone', overridden(), [], ['spec']],
    ['sources below it', overridden(), ['Secret a/b', 'ConfigMap a/c'], ['Secret a/b, ConfigMap a/c', 'spec']],
    [
      'overrides above it, by path and never with a value',
      overridden('image.tag'),
      [],
      ['spec', 'overrideValues of watches.yaml (image.tag)'],
    ],
    [
      'three of each, and how many more',
      overridden('a', 'b', 'c', 'd'),
      ['Secret a/1', 'Secret a/2', 'Secret a/3', 'Secret a/4', 'Secret a/5'],
      ['Secret a/1, Secret a/2, Secret a/3 and 2 more', 'spec', 'overrideValues of watches.yaml (a, b, c and 1 more)'],
    ],
  ])('%s', (_, entry, sources, layers) => {
    expect(layersOf(entry, sources)).toEqual(layers);
  });
});

describe('changeOf', () => {
  test('where there is spec alone it has to change', () => {
    expect(changeOf(['spec'])).toEqual({ when: 'the spec changes' });
    expect(changeOf([])).toEqual({ when: 'the spec changes' });
  });

  test('where there are more, each counts, and what needs a restart is said', () => {
    expect(changeOf(['Secret a/b', 'spec'])).toEqual({
      from: 'Its values come from Secret a/b, then spec; each beats the one before.',
      when: 'one of them changes',
    });
    expect(changeOf(['spec', 'overrideValues of watches.yaml (a)'])).toEqual({
      from: 'Its values come from spec, then overrideValues of watches.yaml (a); each beats the one before.',
      when: "one of them changes (watches.yaml is read at the operator's start)",
    });
  });
});
