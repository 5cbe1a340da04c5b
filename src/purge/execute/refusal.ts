// What helm could not be trusted with, because of what somebody else did: no failure of the run, the release is kept as a whole.
import type { UninstallErrorCode } from '../../uninstall/errors.ts';
import type { UninstallOutcome } from './uninstall-release.ts';

/** The others are failures: what could not be read, and a kind that is not served. */
const refusals: ReadonlySet<string> = new Set<UninstallErrorCode>([
  'RECORD_UNTRUSTED',
  'RECORD_CHANGED',
  'OBJECT_OUTSIDE_NAMESPACE',
  'OBJECT_OF_ANOTHER_RELEASE',
  'OBJECT_UNMARKED',
  'DELETE_HOOKS_REFUSED',
  'VOLUME_AT_RISK',
  'NATIVE_NOT_COVERED',
]);

/** Skipped in place of failed, where that was the reason: nothing of the release was touched. */
export function asRefusal(outcome: UninstallOutcome): UninstallOutcome {
  if (outcome.result !== 'failed' || !refusals.has(outcome.code)) return outcome;
  const { code, message, remedy } = outcome;
  return { result: 'skipped', code, reason: message, ...(remedy === undefined ? {} : { remedy }) };
}
