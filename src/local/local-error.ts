// What can go wrong with the local cluster, as one typed error.
import { CodedError } from '../lib/coded-error.ts';

/** Stable names of the launcher's failures. */
export type LocalErrorCode =
  | 'LOCAL_NAME_INVALID'
  | 'LOCAL_ASSETS_INCOMPLETE'
  | 'LOCAL_GO_MISSING'
  | 'LOCAL_GO_TOO_OLD'
  | 'LOCAL_DISK_FULL'
  | 'LOCAL_BUILD_FAILED'
  | 'LOCAL_TOOL_MISSING'
  | 'LOCAL_PORT_TAKEN'
  | 'LOCAL_PORT_DIFFERS'
  | 'LOCAL_COMPONENT_DIED'
  | 'LOCAL_NOT_READY'
  | 'LOCAL_STATE_UNREADABLE'
  | 'LOCAL_STOP_FAILED'
  | 'LOCAL_NOT_RUNNING';

/** A local cluster, or what it is made of, that could not be had. */
export class LocalClusterError extends CodedError<LocalErrorCode> {}
