// The contract between main and the commands: streams and environment come in, an exit code goes out.
import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import type { Config } from './config.ts';
import type { ExitCode } from './exit-code.ts';

/** An output stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What a command may touch of the process. */
export interface CommandIo {
  /** Data only. */
  readonly stdout: OutputStream;
  /** Talk: progress, questions, warnings, errors. */
  readonly stderr: OutputStream;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Environment, read and validated once. */
  readonly config: Config;
  /** Aborts on the first SIGINT or SIGTERM: take nothing new, finish what is in flight. */
  readonly signal: AbortSignal;
  /** Aborts on the second: stop now. */
  readonly forceSignal: AbortSignal;
}

/** A command's work after parsing: a value in, an exit code out. Failures are thrown as `CodedError`. */
export type CommandRun<Options> = (options: Options, io: CommandIo) => Promise<ExitCode>;

/**
 * Where a command file hangs itself: it adds its sub-commands to `parent` and, in commander's action, hands `complete`
 * the promise of its exit code.
 */
export interface CommandHost {
  readonly parent: Command;
  readonly io: CommandIo;
  readonly complete: (work: Promise<ExitCode>) => Promise<void>;
}
