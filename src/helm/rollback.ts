// `helm rollback` of one release to a revision: a new revision with that one's content.
import type { Helm, HelmCall, HelmResult } from './process.ts';

/** Which release, and back to what. */
export interface RollbackOptions {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** Helm's own `--timeout`, for its hooks. */
  readonly timeoutMs: number;
  /** Revisions kept. */
  readonly maxHistory: number;
  /** operator-sdk's `rollback-force`: replace objects as a whole, instead of applying. Default false. */
  readonly isReplaceForced?: boolean;
  /** Without server-side apply, which helm 3 does not know: objects are patched. Default false. */
  readonly isClientSide?: boolean;
  /** Every call is made as this user. */
  readonly impersonate?: string;
  readonly signal?: AbortSignal | undefined;
  /** See {@link HelmCall.recheck}. */
  readonly recheck?: HelmCall['recheck'];
  /** See {@link HelmCall.onTurn}. */
  readonly onTurn?: HelmCall['onTurn'];
}

/** The arguments. Conflicts are won, as by an upgrade; a release that is pending is no hindrance to helm (tried). */
export function rollbackArguments(options: RollbackOptions): string[] {
  return [
    'rollback',
    options.name,
    String(options.revision),
    `--namespace=${options.namespace}`,
    ...applyArguments(options),
    `--history-max=${options.maxHistory}`,
    `--timeout=${Math.ceil(options.timeoutMs / 1000)}s`,
    ...(options.impersonate === undefined ? [] : [`--kube-as-user=${options.impersonate}`]),
  ];
}

function applyArguments({ isReplaceForced, isClientSide }: RollbackOptions): string[] {
  if (isReplaceForced === true) return ['--force-replace', '--server-side=false'];
  return isClientSide === true ? [] : ['--server-side=true', '--force-conflicts'];
}

/** Rolls back. @throws HelmError */
export function helmRollback(helm: Helm, options: RollbackOptions): Promise<HelmResult> {
  return helm.run(rollbackArguments(options), {
    what: `roll back ${options.namespace}/${options.name} to revision ${options.revision}`,
    timeoutMs: options.timeoutMs + 30_000,
    signal: options.signal,
    recheck: options.recheck,
    onTurn: options.onTurn,
  });
}
