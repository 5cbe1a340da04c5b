// Why a release is not uninstalled as it is asked: what could not be proved, as one typed error.
import { CodedError } from '../lib/coded-error.ts';

/** Stable names of these failures. In each case nothing was deleted, unless it says otherwise. */
export type UninstallErrorCode =
  /** A stored record cannot be read, or says something else inside than outside. */
  | 'RECORD_UNTRUSTED'
  /** The records are not those any more that were looked at. */
  | 'RECORD_CHANGED'
  /** The manifest names an object elsewhere, or cluster-scoped, of a kind that is not allowed. */
  | 'OBJECT_OUTSIDE_NAMESPACE'
  /** A live object carries the marks of another release. */
  | 'OBJECT_OF_ANOTHER_RELEASE'
  /** A live object carries no marks of Helm, so that nobody knows whose it is. */
  | 'OBJECT_UNMARKED'
  /** Whose a live object is, could not be read. */
  | 'OWNERSHIP_UNREADABLE'
  /** The API server does not serve a kind of the manifest: helm would fail half-way. */
  | 'KIND_NOT_SERVED'
  /** A delete hook would run with our own rights. */
  | 'DELETE_HOOKS_REFUSED'
  /** Uninstalling would delete volume claims that are to stay. */
  | 'VOLUME_AT_RISK'
  /** Objects or records could not be deleted; others may be. */
  | 'OBJECTS_LEFT'
  /** Looking, or deleting, took longer than the attempt may take; what had begun is begun. */
  | 'UNINSTALL_TIMEOUT'
  /** The attempt was told to stop; what had begun is begun. */
  | 'UNINSTALL_CANCELLED'
  /** The native driver would not end where helm does. */
  | 'NATIVE_NOT_COVERED';

/** What stands in the way. Never terminal: rights, records and objects change without telling us. */
export class UninstallError extends CodedError<UninstallErrorCode> {}

/** Whether an error is an UninstallError with one of these codes. */
export function isUninstallError(error: unknown, ...codes: readonly UninstallErrorCode[]): error is UninstallError {
  return error instanceof UninstallError && codes.includes(error.code);
}
