// Child processes of the set-up, and what a signal to us means for them.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** npm hands on what the whole group has got already: the same signal so soon after is the same one. */
const sameSignalMs = 250;

/**
 * A command that reads from the terminal must stay in its foreground group, and gets Ctrl-C from it. Any other has a group
 * of its own: a signal to ours reaches us alone, is handed on, and counts once. A second one means "at once" to a command.
 */
const isOnTerminal = process.stdin.isTTY === true;

/** Keeps this process alive on SIGINT, SIGTERM and SIGHUP as long as a child runs, and hands each on, once. */
export function interruptible() {
  let child;
  let received;
  const lastMs = {};
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      received = signal;
      if (child === undefined) process.exit(exitCodeOf(signal));
      const nowMs = performance.now();
      const isSame = nowMs - (lastMs[signal] ?? Number.NEGATIVE_INFINITY) < sameSignalMs;
      lastMs[signal] = nowMs;
      if (!isSame && !(signal === 'SIGINT' && isOnTerminal)) child.kill(signal);
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
    const child = spawn(file, args, { cwd, env, stdio, detached: !isOnTerminal });
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
