// The options of benchmarks: parsed strictly, since an hour of measuring the wrong thing is a pity.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './bench-error.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** The values of options that take one, and which of the flags are set; nothing else is on the line. @throws UsageError */
export function optionValues<N extends string, F extends string = never>(
  args: readonly string[],
  names: readonly N[],
  flags: readonly F[] = [],
): Readonly<Partial<Record<N, string> & Record<F, boolean>>> {
  const options: Options = Object.fromEntries([
    ...names.map((name) => [name, { type: 'string' }] as const),
    ...flags.map((name) => [name, { type: 'boolean' }] as const),
  ]);
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values as Partial<
      Record<N, string> & Record<F, boolean>
    >;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Whole numbers within bounds, separated by commas. @throws UsageError */
export function wholeNumbers(
  option: string,
  text: string,
  bounds: { readonly min: number; readonly max: number },
): readonly number[] {
  return text.split(',').map((part) => {
    const value = /^\d+$/.test(part) ? Number(part) : Number.NaN;
    if (value >= bounds.min && value <= bounds.max) return value;
    throw new UsageError(`${option}: "${part}" is no whole number from ${bounds.min} to ${bounds.max}`);
  });
}

/** One whole number within bounds. @throws UsageError */
export function wholeNumber(
  option: string,
  text: string,
  bounds: { readonly min: number; readonly max: number },
): number {
  const [value = Number.NaN, ...more] = wholeNumbers(option, text, bounds);
  if (more.length > 0) throw new UsageError(`${option}: one number, not ${more.length + 1}`);
  return value;
}
