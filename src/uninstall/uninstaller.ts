// What uninstalls one release: the interface that the operator and the purge share, whatever does the work (P9).
import type { HelmCall } from '../helm/process.ts';

/** Which release. */
export interface ReleaseKey {
  readonly namespace: string;
  readonly name: string;
}

/** Which release, how patiently, as whom. */
export interface UninstallRequest extends ReleaseKey {
  /** After this nothing of the attempt may still run. */
  readonly timeoutMs: number;
  /** Every call for the release is made as this user, e.g. `system:serviceaccount:NS:NAME`. Default ourselves. */
  readonly impersonate?: string;
  readonly signal?: AbortSignal | undefined;
  /**
   * `foreground`: what an object owns goes before it, and the attempt waits until all is gone. Default `background`: the
   * attempt ends when the API server has accepted the deletions.
   */
  readonly cascade?: 'background' | 'foreground';
  /** See {@link HelmCall.recheck}. */
  readonly recheck?: HelmCall['recheck'];
  /** See {@link HelmCall.onTurn}. */
  readonly onTurn?: HelmCall['onTurn'];
}

/** What the API server answered to every delete of a release that is gone. */
export interface AnsweredUninstall {
  /** The uids of objects that are marked and stay for now: a finalizer, or a time of grace. All others are no more. */
  readonly going: ReadonlySet<string>;
}

/** Takes releases away. */
export interface ReleaseUninstaller {
  /** For reports. */
  readonly driver: 'helm' | 'native';
  /**
   * Uninstalls one release. Safe to call for several at once. Where it resolves with the server's answers, the records and
   * all that was to go are gone by them. helm keeps them to itself (undefined): whoever calls looks at the records again.
   * @throws CodedError with what went wrong
   */
  uninstall(request: UninstallRequest): Promise<AnsweredUninstall | undefined>;
}
