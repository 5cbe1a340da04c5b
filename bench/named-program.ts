// A program that an environment variable names, looked at before anything is started.
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { promisify } from 'node:util';
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

/** The version that it prints, without anything that looks like a path of this machine. */
export async function programVersion(file: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(file, [...args], { timeout: 10_000 });
    return /v?\d+\.\d+\.\d+[-+.\w]*/.exec(stdout)?.[0];
  } catch {
    return undefined; // it is measured all the same
  }
}
