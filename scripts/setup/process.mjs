// Child processes of the set-up, and what a signal to us means for them.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Keeps this process alive on SIGINT, SIGTERM and SIGHUP as long as a child runs, and hands the signal on. A SIGINT from
 * a terminal is not handed on: the terminal has already sent it to the whole group, and a second one means "at once".
 */
export function interruptible() {
  let child;
  let received;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      received = signal;
      if (child === undefined) process.exit(exitCodeOf(signal));
      else if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  return {
    get received() {
      return received;
    },
    attach(started) {
      child = started;
    },
    detach() {
      child = undefined;
    },
  };
}

/** What a shell reports for a process that a signal ended. */
export function exitCodeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}

/** Runs a program to its end; the promise is its exit code, or 127 with the error where it could not be started. */
export function run(file, args, { cwd, env, stdio = 'inherit', signals }) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd, env, stdio });
    signals.attach(child);
    child.on('error', (error) => {
      signals.detach();
      resolve({ code: 127, error });
    });
    child.on('close', (code, signal) => {
      signals.detach();
      resolve({ code: signal === null ? code : exitCodeOf(signal) });
    });
  });
}
