// Lines to paste: the next thing to do about a failure or a leftover, on the same cluster and with no more rights than the run.
import { actingUser } from '../kube/service-account.ts';
import { shellWord } from '../lib/shell-word.ts';
import type { ReleaseOutcome } from '../purge/record/report.ts';
import type { CommandLines } from '../purge/restore/restore-release.ts';
import type { LeftObject } from '../purge/verify/left-object.ts';

/** What a line to paste needs. */
export interface PasteOptions {
  /** `--kubeconfig`, where it was given. */
  readonly kubeconfig?: string | undefined;
  /** Undefined in a pod. */
  readonly context: string | undefined;
  readonly serviceAccount: string | undefined;
}

type Key = Pick<ReleaseOutcome, 'namespace' | 'name'>;

/**
 * For a release that failed: what shows the cause where helm must not be started again, else the uninstall once more. None where
 * its record is not the one of the plan: another of that name is somebody's new work.
 */
export function pasteLine(outcome: ReleaseOutcome, paste: PasteOptions): string | undefined {
  if (outcome.result !== 'failed' || outcome.record !== 'left') return undefined;
  const { code } = outcome;
  if (code === 'UNDO_NOT_WRITTEN') return undefined; // by hand it would go without a way back
  if (code === 'OWNERSHIP_UNREADABLE' || code === 'API_FORBIDDEN') return rightsLine(outcome, paste);
  if (code === 'KIND_NOT_SERVED') return helmLine(outcome, { ...paste, verb: ['get', 'manifest'] });
  return helmLine(outcome, { ...paste, verb: ['uninstall'] });
}

/** Shows what holds an object that is being deleted, or the object itself. */
export function leftLine(
  { group, kind, namespace, name, why }: LeftObject,
  { release, ...paste }: PasteOptions & { readonly release: Key },
): string {
  const type = group === undefined ? kind : `${kind}.${group}`;
  const output = why === 'finalizer' ? ['-o', 'jsonpath={.metadata.finalizers}'] : [];
  const where = namespace === undefined ? [] : ['-n', namespace];
  return line(['kubectl', 'get', type, name, ...where, ...output, ...kubectlFlags(release, paste)]);
}

/** Brings back what a run has purged: by the run's name, or by the file of its report. */
export function restoreCommand(
  run: string,
  { kubeconfig, context }: Pick<PasteOptions, 'kubeconfig' | 'context'>,
): string {
  return line(['bookstore-operator', 'purge', 'restore', run, ...clusterFlags({ kubeconfig, context }, '--context')]);
}

function rightsLine(release: Key, paste: PasteOptions): string {
  return line(['kubectl', 'auth', 'can-i', '--list', '-n', release.namespace, ...kubectlFlags(release, paste)]);
}

function helmLine(
  { namespace, name }: Key,
  { verb, ...paste }: PasteOptions & { readonly verb: readonly string[] },
): string {
  const user = actingUser(paste.serviceAccount, namespace);
  return commandLines(paste).helm([...verb, name, '--namespace', namespace], user);
}

function kubectlFlags({ namespace }: Key, paste: PasteOptions): readonly string[] {
  const user = actingUser(paste.serviceAccount, namespace);
  return [...clusterFlags(paste, '--context'), ...optionOf('--as', user)];
}

/** Lines for the cluster of `--kubeconfig` and the context, whatever they do there. */
export function commandLines(cluster: Pick<PasteOptions, 'kubeconfig' | 'context'>): CommandLines {
  return {
    helm: (words, user) =>
      line(['helm', ...words, ...clusterFlags(cluster, '--kube-context'), ...optionOf('--kube-as-user', user)]),
    kubectl: (words, user) =>
      line(['kubectl', ...words, ...clusterFlags(cluster, '--context'), ...optionOf('--as', user)]),
  };
}

/** `contextFlag`: kubectl's and this program's, or helm's. */
function clusterFlags(
  { kubeconfig, context }: Pick<PasteOptions, 'kubeconfig' | 'context'>,
  contextFlag: '--context' | '--kube-context',
): readonly string[] {
  return [...optionOf('--kubeconfig', kubeconfig), ...optionOf(contextFlag, context)];
}

function optionOf(flag: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [flag, value];
}

function line(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}
