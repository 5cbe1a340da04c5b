// What is said of a failure where nothing more is tried by itself: what it was, what is deployed, and what ends the wait. Pure.
import { ResourceAnnotation } from '../../api/v1alpha1/annotations.ts';
import { MAX_MESSAGE_LENGTH } from '../../api/v1alpha1/watched-status.ts';
import type { FailureMemory, Observation } from '../observe/observation.ts';
import { changeOf } from '../values/values-layers.ts';
import { type Decision, inState } from './decision.ts';
import { sentences } from './sentences.ts';

type Situation = Pick<Observation, 'release' | 'desired'>;

/** No tries are left, or trying again cannot help. */
export function exhausted(failure: FailureMemory, situation: Situation): Decision {
  const { count, message: failed, isTerminal } = failure;
  const rest = sentences(whatStays(situation), ...wayOut(situation));
  const failures = count === 1 ? 'one failure' : `${count} failures`;
  const lead = isTerminal ? '' : `no tries left after ${failures}; the last: `;
  // however much helm said: what ends the wait is read too
  const room = MAX_MESSAGE_LENGTH - lead.length - rest.length - 2;
  const what = failed.length > room ? `${failed.slice(0, room - 1)}…` : failed;
  return inState('Exhausted', sentences(`${lead}${what}`, rest), {
    reason: isTerminal ? failure.reason : 'RetriesExhausted',
  });
}

/** What a failure leaves in the cluster. */
export function whatStays({ release }: Pick<Situation, 'release'>): string | undefined {
  return release?.status === 'deployed' ? `Revision ${release.revision} stays deployed.` : undefined;
}

/** Each layer of the values, and a request to try again, ends it: true of all failures, since any change is tried. */
function wayOut({ desired }: Situation): readonly (string | undefined)[] {
  const { from, when } = changeOf(desired.isKnown ? desired.layers : []);
  return [from, `It is tried again when ${when}, or by annotating ${ResourceAnnotation.forceRequestedAt}.`];
}
