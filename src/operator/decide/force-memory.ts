// Which request to try again was obeyed, by resource: remembered until the process ends, because a status that could not be
// written must not have helm called again and again.
import type { ObservedResource } from '../observe/observation.ts';
import { forceRequestOf } from './failure.ts';

interface Held {
  readonly uid: string;
  readonly request: string;
}

/** The memories of one kind. */
export class ForceMemories {
  readonly #held = new Map<string, Held>();

  /** The request of this very resource that this process obeyed last. */
  get(key: string, resource: ObservedResource): string | undefined {
    const held = this.#held.get(key);
    return held?.uid === resource.metadata.uid ? held.request : undefined;
  }

  /** Whether the request as it stands was obeyed by this process. */
  isHandled(key: string, resource: ObservedResource): boolean {
    const request = forceRequestOf(resource);
    return request !== undefined && request === this.get(key, resource);
  }

  /** The request as it stands is obeyed. */
  set(key: string, resource: ObservedResource): void {
    const request = forceRequestOf(resource);
    if (request !== undefined) this.#held.set(key, { uid: resource.metadata.uid, request });
  }

  /** The resource is gone. */
  forget(key: string): void {
    this.#held.delete(key);
  }
}
