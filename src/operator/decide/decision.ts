// What a decision is.
import type { ConditionReason } from '../../api/v1alpha1/conditions.ts';
import { type Action, type State, states } from './states.ts';

/** What was decided, and why. */
export interface Decision {
  readonly state: State;
  /** The state's. */
  readonly action: Action;
  /** For status, where the state has something to say there. */
  readonly reason?: ConditionReason;
  /** For people. */
  readonly message: string;
  /** Look again after this long even if nothing happens. */
  readonly requeueAfterMs?: number;
  /** `rollback`, and an `unlock` that goes back: to which revision. */
  readonly toRevision?: number;
}

/** The decision for a state, with its action. */
export function inState(
  state: State,
  message: string,
  more: Pick<Decision, 'reason' | 'requeueAfterMs' | 'toRevision'> = {},
): Decision {
  return { state, action: states[state].action, message, ...more };
}
