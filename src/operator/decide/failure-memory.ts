// What failed, by resource: the one thing that is remembered from pass to pass. After a restart the status tells.

import type { FailureMemory, ObservedResource } from '../observe/observation.ts';
import { memoryOf } from './failure.ts';

interface Held {
  readonly uid: string;
  readonly failure: FailureMemory | undefined;
}

/** The memories of one kind. */
export class FailureMemories {
  readonly #held = new Map<string, Held>();

  /** The failure of this very resource: what this process saw, else what its status says. */
  get(key: string, resource: ObservedResource): FailureMemory | undefined {
    const held = this.#held.get(key);
    return held?.uid === resource.metadata.uid ? held.failure : memoryOf(resource.status);
  }

  /** Remembers a failure, or that there is none any more: a status that could not be written must not bring it back. */
  set(key: string, resource: ObservedResource, failure: FailureMemory | undefined): void {
    if (failure === undefined && memoryOf(resource.status) === undefined) this.#held.delete(key);
    else this.#held.set(key, { uid: resource.metadata.uid, failure });
  }

  /** The resource is gone. */
  forget(key: string): void {
    this.#held.delete(key);
  }
}
