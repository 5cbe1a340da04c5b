// A program that an environment variable names, looked at before anything is started.
import { access, constants } from 'node:fs/promises';
import { errorText } from '../src/lib/error-text.ts';
import { UsageError } from './bench-error.ts';

/** @throws UsageError where it cannot be run */
export async function requireProgram(variable: string, file: string): Promise<void> {
  try {
    await access(file, constants.X_OK);
  } catch (error) {
    throw new UsageError(`${variable}: not a program that can be run: ${errorText(error)}`);
  }
}
