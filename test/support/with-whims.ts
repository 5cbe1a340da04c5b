// Whims at work and a lab beside them, for the tests of a file.
import { afterAll, beforeAll } from 'vitest';
import { ReleaseLab } from './release-lab.ts';
import { startWhims, type WhimWorld, type WhimWorldOptions } from './whim-world.ts';

/** What the tests of a file work with. */
export interface WhimLab<Kind extends string> {
  readonly world: WhimWorld<Kind>;
  readonly lab: ReleaseLab;
}

/** Starts both before the file's first test, and ends them after the last. `take` is given them. */
export function withWhims<Kind extends string>(
  options: WhimWorldOptions<Kind>,
  take: (whimLab: WhimLab<Kind>) => void,
): void {
  let begun: WhimLab<Kind>;
  beforeAll(async () => {
    const [world, lab] = await Promise.all([startWhims(options), ReleaseLab.open()]);
    begun = { world, lab };
    take(begun);
  });
  afterAll(async () => {
    await begun.world.stop();
    await begun.lab[Symbol.asyncDispose]();
  });
}
