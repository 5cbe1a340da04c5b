// What a failure becomes for the user: three lines on stderr, and one exit code.
import { HelmError } from '../helm/errors.ts';
import { ApiError } from '../kube/errors.ts';
import { CodedError } from '../lib/coded-error.ts';
import type { OutputStream } from './command.ts';
import { ExitCode } from './exit-code.ts';

/** Codes by which a command ends with something else than a usage error. */
const exitCodes: Readonly<Record<string, ExitCode>> = {
  API_UNREACHABLE: ExitCode.apiUnreachable,
  API_TIMEOUT: ExitCode.apiUnreachable,
  API_UNAUTHORIZED: ExitCode.apiUnreachable,
  API_FORBIDDEN: ExitCode.apiUnreachable,
  API_SERVER_ERROR: ExitCode.apiUnreachable,
  API_BAD_ANSWER: ExitCode.apiUnreachable,
  API_TOO_MANY_REQUESTS: ExitCode.apiUnreachable,
  KUBECONFIG_INVALID: ExitCode.usage,
  HELM_MISSING: ExitCode.usage,
  HELM_TOO_OLD: ExitCode.usage,
  PLAN_STALE: ExitCode.planStale,
  RUN_RECORD_REFUSED: ExitCode.apiUnreachable,
  LOCK_HELD: ExitCode.locked,
  LOCK_FORBIDDEN: ExitCode.apiUnreachable,
  DEMO_RUNNING: ExitCode.locked,
};

/** The exit code of a failed command. */
export function exitCodeOf(error: unknown): ExitCode {
  if (isAbort(error)) return ExitCode.interrupted;
  if (!(error instanceof CodedError)) return ExitCode.someFailed;
  const code = exitCodes[error.code];
  if (code !== undefined) return code;
  if (error instanceof ApiError || error instanceof HelmError) return ExitCode.someFailed;
  return error.isTerminal ? ExitCode.usage : ExitCode.someFailed;
}

/** Says what went wrong, and what to do next. What is no `CodedError` is a bug of ours: it is shown with its stack. */
export function reportError(error: unknown, stderr: OutputStream): void {
  if (isAbort(error)) {
    stderr.write('interrupted\n');
    return;
  }
  if (!(error instanceof CodedError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    stderr.write(
      `error: unexpected: ${text}\nThis is a bug of bookstore-operator: please report it with the lines above.\n`,
    );
    return;
  }
  stderr.write(`error: ${error.message}\n`);
  if (error.remedy !== undefined) stderr.write(`  → ${error.remedy}\n`);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
