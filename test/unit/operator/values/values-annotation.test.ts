import { describe, expect, test } from 'vitest';
import type { ObservedResource } from '../../../../src/operator/observe/observation.ts';
import { parseValuesAnnotation, referencesOf } from '../../../../src/operator/values/values-annotation.ts';
import { watchEntry } from '../../../support/watch-entries.ts';

const byAnnotation = { optional: false, isAnnotated: true };
const secret = (name: string, valuesKey: string) => ({ kind: 'Secret', name, valuesKey, ...byAnnotation });
const configMap = (name: string, valuesKey: string) => ({ kind: 'ConfigMap', name, valuesKey, ...byAnnotation });

describe('parseValuesAnnotation', () => {
  test.each([
    ['Secret/shop/values.yaml', [secret('shop', 'values.yaml')]],
    ['Secret/a.b-c/_k.1,ConfigMap/d/k', [secret('a.b-c', '_k.1'), configMap('d', 'k')]],
    [' ConfigMap/a/k , Secret/b/k ', [configMap('a', 'k'), secret('b', 'k')]],
    ['Secret/a/k,Secret/a/k', [secret('a', 'k'), secret('a', 'k')]],
  ])('%s', (text, references) => {
    expect(parseValuesAnnotation(text)).toEqual({ ok: true, references });
  });

  test.each([
    ['', '""'],
    ['Secret/a/k,', '""'],
    ['a', '"a"'],
    ['Secret/a', '"Secret/a"'],
    ['Secret/a/', '"Secret/a/"'],
    ['Secret//k', '"Secret//k"'],
    ['Secret/ns/a/k', '"Secret/ns/a/k"'],
    ['secret/a/k', '"secret/a/k"'],
    ['Deployment/a/k', '"Deployment/a/k"'],
    ['Secret/A/k', '"Secret/A/k"'],
    ['Secret/../k', '"Secret/../k"'],
    ['Secret/a%2f../k', '"Secret/a%2f../k"'],
    ['Secret/a/k k', '"Secret/a/k k"'],
    ['ConfigMap/a/k,Secret/b/%', '"Secret/b/%"'],
    [`Secret/${'a'.repeat(254)}/k`, `"Secret/${'a'.repeat(53)}…"`],
    [`Secret/a/${'k'.repeat(254)}`, `"Secret/a/${'k'.repeat(51)}…"`],
    ['Secret/a/k\nSecret/b/k', '"Secret/a/k\\nSecret/b/k"'],
    [Array(17).fill('Secret/a/k').join(), '17 of them; at most 16'],
  ])('%s is refused, and told back', (text, found) => {
    expect(parseValuesAnnotation(text)).toEqual({ ok: false, found });
  });
});

describe('referencesOf', () => {
  const resource = (annotation?: string): ObservedResource => ({
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'BookStore',
    metadata: {
      name: 'shop',
      namespace: 'a',
      uid: 'u',
      resourceVersion: '1',
      ...(annotation === undefined ? {} : { annotations: { 'helm.velotio.com/values-from': annotation } }),
    },
  });
  const valuesFrom = [{ kind: 'ConfigMap', name: 'all', valuesKey: 'values.yaml', optional: true }] as const;
  const entry = (allowValuesFromAnnotation: boolean) => watchEntry({ valuesFrom, allowValuesFromAnnotation });

  test('without an annotation the entry’s are all', () => {
    expect(referencesOf(entry(true), resource())).toEqual({ ok: true, references: valuesFrom });
    expect(referencesOf(entry(false), resource())).toEqual({ ok: true, references: valuesFrom });
  });

  test('where it is allowed, the annotation’s come later and so win', () => {
    expect(referencesOf(entry(true), resource('Secret/own/k'))).toEqual({
      ok: true,
      references: [...valuesFrom, secret('own', 'k')],
    });
  });

  test('where it is not, it is ignored, whatever it says, and the setting is named', () => {
    for (const text of ['Secret/own/k', 'nonsense', '']) {
      expect(referencesOf(entry(false), resource(text))).toEqual({
        ok: true,
        references: valuesFrom,
        notice:
          'annotation helm.velotio.com/values-from is ignored: the entry of BookStore in watches.yaml does not have allowValuesFromAnnotation: true',
      });
    }
  });

  test('what is no reference is told with the annotation’s name, what was found and what is expected', () => {
    expect(referencesOf(entry(true), resource('Secret/own/k,Secret/own'))).toEqual({
      ok: false,
      message:
        'annotation helm.velotio.com/values-from: expected Secret/name/key or ConfigMap/name/key, one or more, separated by commas; found "Secret/own"',
    });
  });
});
