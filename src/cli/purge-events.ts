// Events about a PurgePolicy in the cluster, as a run by hand writes them; of a policy in a file there is nothing to write on.
import { hostname } from 'node:os';
import { API_VERSION } from '../api/v1alpha1/group-version.ts';
import { PURGE_POLICY_GVK } from '../api/v1alpha1/purge-policy.ts';
import type { EventOptions } from '../kube/event-object.ts';
import { EventRecorder } from '../kube/event-recorder.ts';
import { systemClock } from '../lib/clock.ts';
import { refusedEvent } from '../purge/record/run-events.ts';
import type { PurgeSession } from './purge-session.ts';

/** Where they go. One that cannot be written, for want of a right, harms nobody: the run's record says more. */
export interface PolicyEvents {
  readonly tell: (event: EventOptions) => void;
  /** That there is no run, with the error. Once something was told there is one, and its own events say how it ends. */
  readonly refuse: (error: unknown) => void;
  /** Resolves when what was told is written or lost. Never rejects. */
  readonly flush: (signal: AbortSignal) => Promise<void>;
}

/** Who is waited for at a terminal. */
const flushMs = 2_000;

/** Of a session's policy. */
export function policyEvents({ client, settings, origin }: PurgeSession): PolicyEvents {
  if (origin === undefined) {
    return { tell: () => undefined, refuse: () => undefined, flush: () => Promise.resolve() };
  }
  const recorder = new EventRecorder(client, {
    controller: 'bookstore-operator',
    instance: hostname(),
    clock: systemClock,
  });
  const metadata = { name: settings.policyName, uid: origin.uid, resourceVersion: '' }; // about none of its versions
  const about = { apiVersion: API_VERSION, kind: PURGE_POLICY_GVK.kind, metadata };
  let isTold = false;
  const tell = (event: EventOptions): void => {
    isTold = true;
    recorder.record(about, event);
  };
  return {
    tell,
    refuse: (error) => {
      if (!isTold) tell(refusedEvent(error));
    },
    flush: (signal) => recorder.flush({ timeoutMs: flushMs, signal }),
  };
}
