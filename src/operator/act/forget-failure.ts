// When a failure is made good.
import { forceRequestOf, isAbout } from '../decide/failure.ts';
import type { Pass, PassContext } from '../pass.ts';

/**
 * After what is desired is deployed. Until it is ready the failures of the same content before it stay counted, whatever
 * they were: going back and forth must end.
 */
export function forgetFailure(pass: Pass, { isReady }: { readonly isReady: boolean }, context: PassContext): void {
  const { key, observation } = pass;
  const { failure, desired, resource } = observation;
  const digest = desired.isKnown ? desired.digest : '';
  const mayRecur = !isReady && isAbout(failure, { digest, forceRequest: forceRequestOf(resource) });
  if (!mayRecur) context.failures.set(key, resource, undefined);
}
