import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { counted, formatAge, formatTable, writeOutput } from '../../../src/cli/output.ts';

const columns = [
  { header: 'NAME', value: ({ name }: { name: string; note?: string }) => name },
  { header: 'WIDE', value: () => 7, isWide: true },
  { header: 'NOTE', value: ({ note }: { name: string; note?: string }) => note },
];

function written(format: 'table' | 'wide' | 'json' | 'yaml'): string {
  const stdout = new PassThrough();
  writeOutput(stdout, format, {
    data: { names: ['a', 'b'], text: 'two\nlines' },
    table: ({ isWide }) => `isWide ${isWide}\n`,
  });
  return String(stdout.read());
}

describe('formatTable', () => {
  it('aligns columns, marks what is empty, and leaves no blanks at the end of a line', () => {
    const rows = [{ name: 'a', note: 'first' }, { name: 'longer' }];
    expect(formatTable(rows, columns)).toBe('NAME     NOTE\na        first\nlonger   -\n');
  });

  it('shows wide columns only when asked', () => {
    expect(formatTable([{ name: 'a' }], columns, { isWide: true })).toBe('NAME   WIDE   NOTE\na      7      -\n');
  });

  it('keeps a row on its line whatever a cell holds', () => {
    const table = formatTable([{ name: 'a', note: 'x\n\u001b[2Jy\u202ez' }], columns);
    expect(table.split('\n')).toHaveLength(3);
    expect(table.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('writeOutput', () => {
  it('writes JSON and YAML that read back as the data', () => {
    expect(JSON.parse(written('json'))).toEqual({ names: ['a', 'b'], text: 'two\nlines' });
    expect(written('yaml')).toBe('names:\n  - a\n  - b\ntext: |-\n  two\n  lines\n');
  });
  it.each(['json', 'yaml'] as const)('writes %s without what a terminal would obey', (format) => {
    const stdout = new PassThrough();
    const text = '\u001b[31m\u009b2J\u202e\u{e0041}\u2028';
    writeOutput(stdout, format, { data: { text }, table: () => '' });
    const output = String(stdout.read());
    expect(output.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    if (format === 'json') expect(JSON.parse(output)).toEqual({ text });
  });
  it('leaves tables to the caller', () => {
    expect([written('table'), written('wide')]).toEqual(['isWide false\n', 'isWide true\n']);
  });
});

it.each([
  [0, '0s'],
  [119_999, '119s'],
  [120_000, '2m'],
  [7_199_999, '119m'],
  [7_200_000, '2h'],
  [172_800_000, '2d'],
])('writes %i ms as %s', (ms, text) => expect(formatAge(ms)).toBe(text));

it('counts', () => expect([counted(0, 'release'), counted(1, 'release')]).toEqual(['0 releases', '1 release']));
