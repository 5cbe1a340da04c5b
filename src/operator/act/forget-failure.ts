// When a failure is made good.
import { forceRequestOf, isAbout } from '../decide/failure.ts';
import type { Pass, PassContext } from '../pass.ts';

/**
 * After what is desired is deployed. A revision that may still prove unready keeps the count of those of the same content
 * before it, and that it could not be gone back from: going back and forth must end.
 */
export function forgetFailure(
  pass: Pass,
  situation: { readonly isReady: boolean; readonly isNewRevision: boolean },
  context: PassContext,
): void {
  const { key, observation } = pass;
  const { failure, desired, resource } = observation;
  const digest = desired.isKnown ? desired.digest : '';
  const { isReady, isNewRevision } = situation;
  const mayRecur =
    !isReady &&
    (failure?.action === 'ready' || (failure?.action === 'rollback' && !isNewRevision)) &&
    isAbout(failure, { digest, forceRequest: forceRequestOf(resource) });
  if (!mayRecur) context.failures.set(key, resource, undefined);
}
