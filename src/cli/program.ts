// All commands hung on one program: argv in, exit code out.
import { Command, CommanderError } from 'commander';
import type { CommandHost, CommandIo } from './command.ts';
import { addCrdCommand } from './crd.ts';
import { addDemoCommand } from './demo.ts';
import { ExitCode } from './exit-code.ts';
import { addLocalCommand } from './local.ts';
import { addPurgeCommand } from './purge.ts';
import { exitCodeOf, reportError } from './report-error.ts';
import { addRunCommand } from './run.ts';
import { packageVersion } from './version.ts';

/** Runs one command line (without node and the script). Never throws. */
export async function runProgram(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.done;
  const program = new Command('bookstore-operator')
    .description('Keeps Helm releases equal to BookStore resources, and uninstalls releases after office hours.')
    .version(packageVersion())
    .showHelpAfterError('(add --help for what there is)')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
    });
  const host: CommandHost = {
    parent: program,
    io,
    complete: async (work) => {
      exitCode = await work;
    },
  };
  for (const add of [addRunCommand, addPurgeCommand, addCrdCommand, addLocalCommand, addDemoCommand]) add(host);
  exitInsteadOfLeaving(program);
  try {
    await program.parseAsync(withCommand(args), { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    reportError(error, io.stderr);
    return exitCodeOf(error);
  }
}

/**
 * Flags alone are those of `run`: the Deployment of an operator-sdk project gives only them, because `run` stands in the
 * entry point of its image.
 */
function withCommand(args: readonly string[]): string[] {
  const isFlagOfRun = args[0]?.startsWith('--') === true && !['--help', '--version'].includes(args[0]);
  return isFlagOfRun ? ['run', ...args] : [...args];
}

/** commander would call process.exit; every sub-command needs to be told not to. */
function exitInsteadOfLeaving(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    exitInsteadOfLeaving(child);
  }
}
