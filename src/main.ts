#!/usr/bin/env node
// The edge of the process: argv, streams and signals come in, an exit code goes out.
import { readConfig } from './cli/config.ts';
import { ExitCode } from './cli/exit-code.ts';
import { runProgram } from './cli/program.ts';

const first = new AbortController();
const second = new AbortController();
const interrupted = (): DOMException => new DOMException('interrupted', 'AbortError');
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => (first.signal.aborted ? second : first).abort(interrupted()));
}
// A reader that goes away (`| head`) is no reason to fail, nor is a terminal that does (EIO); a full disk is. Either way what
// is in flight is finished.
let isUnwritten = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EIO') return;
    if (!isUnwritten && stream === process.stdout) process.stderr.write(`error: stdout: ${error.message}\n`);
    isUnwritten = true;
    process.exitCode ||= ExitCode.someFailed;
  });
}

const exitCode = await runProgram(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  config: readConfig(),
  signal: first.signal,
  forceSignal: second.signal,
});
process.exitCode = isUnwritten ? exitCode || ExitCode.someFailed : exitCode;
