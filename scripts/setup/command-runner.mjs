// Runs the steps of one npm script with the right Node first on PATH.
import { delimiter, join } from 'node:path';
import { isAtLeast } from './node-version.mjs';
import { modulesDir, rootDir } from './paths.mjs';
import { exitCodeOf, run } from './process.mjs';

/** The exit code of the first step that failed, else 0. */
export async function runCommand(command, { args, runtime, signals }) {
  const env = environment(process.env, runtime);
  const failed = [];
  let exitCode = 0;
  for (const [index, step] of command.steps.entries()) {
    if (step.title !== undefined) process.stderr.write(`\n== ${step.title}\n`);
    const code = await runStep(withArgs(step.run, args), { command, env: { ...env, ...step.env }, runtime, signals });
    // a step that ended well although it was interrupted has said so; what was to follow it has not been done
    const isLast = index === command.steps.length - 1;
    if (signals.received !== undefined) return code === 0 && !isLast ? exitCodeOf(signals.received) : code;
    if (code === 0) continue;
    exitCode = exitCode === 0 ? code : exitCode;
    failed.push(step.title);
    if (command.keepGoing !== true) return exitCode;
  }
  if (command.keepGoing === true) {
    process.stderr.write(failed.length === 0 ? '\nall checks passed\n' : `\nfailed: ${failed.join(', ')}\n`);
  }
  return exitCode;
}

async function runStep(words, { command, env, runtime, signals }) {
  // `scripts/dev src/main.ts …` means the program, not a file to execute.
  const [file, ...rest] = /\.[cm]?[jt]s$/.test(words[0] ?? '') ? ['node', ...words] : words;
  if (file === undefined) return 0;
  const { code, error } = await run(file === 'node' ? join(runtime.binDir, 'node') : file, rest, {
    cwd: command.cwd === 'caller' ? process.cwd() : rootDir,
    env,
    signals,
  });
  if (error !== undefined) process.stderr.write(`${file}: ${error.message}\n`);
  return code;
}

function withArgs(words, args) {
  return words.flatMap((word) => (word === '$args' ? args : [word]));
}

function environment(env, runtime) {
  const path = [runtime.binDir, join(modulesDir, '.bin'), env.PATH ?? ''].join(delimiter);
  if (isAtLeast(runtime.version, '24.3.0')) return { ...env, PATH: path };
  // Older ones strip types as well, but warn about it on every start.
  return { ...env, PATH: path, NODE_OPTIONS: `${env.NODE_OPTIONS ?? ''} --disable-warning=ExperimentalWarning`.trim() };
}
