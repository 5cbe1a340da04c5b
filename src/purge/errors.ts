// What stops a purge as a whole, as one typed error; a release that fails is an outcome, not an error.
import { CodedError } from '../lib/coded-error.ts';

/** Stable names of these failures. */
export type PurgeErrorCode =
  | 'POLICY_NOT_NAMED'
  | 'POLICY_NOT_FOUND'
  | 'POLICY_CRD_MISSING'
  | 'POLICY_UNREADABLE'
  | 'POLICY_INVALID'
  | 'POLICY_UNSUPPORTED'
  | 'POLICY_SUSPENDED'
  | 'NOT_CONFIRMED';

/** A purge that did not begin. */
export class PurgeError extends CodedError<PurgeErrorCode> {}
