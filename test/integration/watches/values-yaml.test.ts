// YAML of values as we read it, against helm's own reading.
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseValuesYaml } from '../../../src/watches/values-yaml.ts';
import { manifests, render } from '../charts/helm-template.ts';

const chart = resolve('test/support/charts/echo');

async function asHelmReads(text: string): Promise<unknown> {
  const objects = await manifests(text, { chart, release: 'x' });
  const { data } = objects.find(({ metadata }) => metadata.name === 'x') as unknown as { data: { values: string } };
  return (JSON.parse(data.values) as { readonly any: unknown }).any;
}

// one a word
const scalars = [
  'y Yes on n OFF true False ~ Null "x" \'1\'',
  '0644 0o644 0x1F 0b11 -0b1 09 1_000 0_7 +12 -0 12345678901234567890',
  '1.0 .5 1e3 1e 1.5_0 1:30 22:30 190:20:30 2026-01-01 2026-01-01T00:00:00Z =',
]
  .flatMap((line) => line.split(' '))
  .concat('', '!!str 12', '!!binary aGVsbG8=', '|\n    a\n    b', '>-\n    a\n    b');

describe('parseValuesYaml', () => {
  test('reads every scalar as helm does', async () => {
    const text = ['any:', ...scalars.map((scalar, index) => `  k${index}: ${scalar}`)].join('\n');
    const parsed = parseValuesYaml(text);
    const found = parsed.ok ? JSON.stringify(parsed.values.any) : ''; // as it goes to helm
    expect(JSON.parse(found)).toEqual(await asHelmReads(text));
  });

  test.each([
    ['keys', 'any: {y: 1, n: 2, on: 3, 1: 4, 1.5: 5, 0x10: 6}'],
    ['merge keys', 'base: &base {a: 1, b: {c: 1}}\nany: {<<: *base, b: 2}'],
    ['lists of merge keys', 'x: &x {a: 1}\ny: &y {a: 2, b: 2}\nany: {<<: [*x, *y], c: 3}'],
    ['equal keys', 'any: {a: 1, a: 2}'],
    ['several documents', 'any: {a: 1, b: {c: 1}}\n---\nany: {b: {d: 2}}\n---\n'],
    ['lists', 'any:\n- a\n- [b, {c: d}]\n'],
  ])('reads %s as helm does', async (_what, text) => {
    const parsed = parseValuesYaml(text);
    expect(parsed.ok && parsed.values.any).toEqual(await asHelmReads(text));
  });

  test.each([
    ['a text', 'hello'],
    ['a list', '- a'],
    ['a number', '1'],
    ['no YAML', 'any: ['],
    ['what JSON does not have', 'any: .inf'],
    ['an alias of nothing', 'any: *nothing'],
    ['a second document that is no map', 'any: 1\n---\n- a'],
  ])('refuses %s, as helm does', async (_what, text) => {
    expect(parseValuesYaml(text).ok).toBe(false);
    expect((await render(text, { chart })).exitCode).not.toBe(0);
  });
});
