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
  | 'NOT_CONFIRMED'
  | 'KEEP_INVALID'
  | 'NAMESPACE_NOT_FOUND'
  | 'RELEASE_NOT_FOUND'
  | 'PLAN_INVALID'
  | 'PLAN_STALE'
  | 'PLAN_TIMEOUT'
  | 'RUN_NOT_FOUND'
  | 'RUN_RECORD_FULL'
  | 'RUN_RECORD_REFUSED'
  | 'RUN_RECORD_UNFINISHED'
  | 'RESTORE_ACCOUNT_MISSING'
  | 'LOCK_HELD'
  | 'LOCK_FORBIDDEN'
  | 'LOCK_NAMESPACE_MISSING';

/** A purge, or a command about one, that did not begin. */
export class PurgeError extends CodedError<PurgeErrorCode> {}
