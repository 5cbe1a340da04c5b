// Waiting for a state of the world: as long as a loaded machine may need, no longer than the state takes.
import { expect } from 'vitest';

/** `expect(get())`, asked again and again until it holds or 20 s have passed. */
export function eventually<T>(get: () => T) {
  return expect.poll(get, { timeout: 20_000, interval: 20 });
}
