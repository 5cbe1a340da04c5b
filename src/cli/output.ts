// Data for people and for programs: aligned columns, JSON, YAML. Data goes to stdout, whatever the format.
import { stringify } from 'yaml';
import type { OutputStream } from './command.ts';

/** What `-o` takes. */
export const outputFormats = ['table', 'wide', 'json', 'yaml'] as const;

/** One of {@link outputFormats}. */
export type OutputFormat = (typeof outputFormats)[number];

/** A column of a table. */
export interface Column<Row> {
  readonly header: string;
  /** The cell; empty becomes `-`. */
  readonly value: (row: Row) => string | number | undefined;
  /** Only with `-o wide`. Default false. */
  readonly isWide?: boolean;
}

/** Rows under headers, columns three spaces apart, the last one as long as it likes: kubectl's look. */
export function formatTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: { readonly isWide?: boolean } = {},
): string {
  const shown = columns.filter(({ isWide }) => isWide !== true || options.isWide === true);
  const lines = [shown.map(({ header }) => header), ...rows.map((row) => shown.map(({ value }) => cell(value(row))))];
  const widths = shown.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((text, index) => text.padEnd(widths[index] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Writes `data`; `table` is called for `table` and `wide` only. */
export function writeOutput(
  stdout: OutputStream,
  format: OutputFormat,
  output: { readonly data: unknown; readonly table: (options: { readonly isWide: boolean }) => string },
): void {
  switch (format) {
    case 'json':
      stdout.write(`${toJson(output.data)}\n`);
      break;
    case 'yaml':
      // JSON's escapes are YAML's too, within double quotes
      stdout.write(
        stringify(output.data, { lineWidth: 0, aliasDuplicateObjects: false }).replace(
          /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
          '\ufffd',
        ),
      );
      break;
    case 'table':
    case 'wide':
      stdout.write(output.table({ isWide: format === 'wide' }));
      break;
  }
}

/** A text on one line: what comes from a cluster or from helm may hold control characters, which a terminal would obey. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

function cell(value: string | number | undefined): string {
  const text = value === undefined ? '' : oneLine(String(value));
  return text === '' ? '-' : text;
}

/** JSON escapes the C0 characters only; a terminal obeys others too. All stand within strings. */
function toJson(data: unknown): string {
  return JSON.stringify(data, undefined, 2).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** An age or a duration as kubectl writes it: `5s`, `12m`, `3h`, `9d`. */
export function formatAge(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** `1 release`, `2 releases`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
