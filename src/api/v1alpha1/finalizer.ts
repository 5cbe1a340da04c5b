// The finalizer that holds a watched resource until its release is uninstalled.

/** Set before anything is installed (O1), removed after the uninstall (O10). */
export const UNINSTALL_FINALIZER = 'helm.velotio.com/uninstall';

/** operator-sdk's, and the one of its first versions: taken away once the release is ours. */
export const SDK_FINALIZERS: readonly string[] = [
  'helm.sdk.operatorframework.io/uninstall-release',
  'uninstall-helm-release',
];
