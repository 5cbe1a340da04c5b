// The finalizer that holds a watched resource until its release is uninstalled.

/** Set before anything is installed (O1), removed after the uninstall (O10). */
export const UNINSTALL_FINALIZER = 'helm.velotio.com/uninstall';
