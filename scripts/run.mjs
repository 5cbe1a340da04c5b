#!/usr/bin/env node
// The entry of every npm script: makes the clone able to run, then runs the script's real commands.
// Plain JavaScript without dependencies, for Node 18 and newer, because nothing is installed yet when it starts.
import { runCommand } from './setup/command-runner.mjs';
import { commands } from './setup/commands.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { interruptible } from './setup/process.mjs';
import { ensureRuntime } from './setup/runtime.mjs';
import { SetupError } from './setup/setup-error.mjs';

const say = (line) => process.stderr.write(`setup: ${line}\n`);

async function main([name, ...rest]) {
  const command = name === undefined ? undefined : commands[name];
  if (command === undefined) {
    throw new SetupError(
      `no script ${name === undefined ? 'named' : `"${name}"`}: one of ${Object.keys(commands).join(', ')}`,
    );
  }
  const args = rest[0] === '--' ? rest.slice(1) : rest;
  const signals = interruptible();
  const runtime = await ensureRuntime({ say, signals });
  await ensureDependencies({ runtime, say, signals });
  if (name === 'setup') say(`ready (Node ${runtime.version})`);
  return runCommand(command, { args, runtime, signals });
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(error instanceof SetupError ? `setup: ${error.message}\n` : `${error.stack}\n`);
    process.exitCode = error.exitCode ?? 1;
  },
);
