import { afterEach, describe, expect, it, vi } from 'vitest';
import { soak } from '../../support/soak.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function begin(environment: Readonly<Record<string, string | undefined>>) {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const printed: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
  return { run: soak('x', { seconds: 600 }), printed };
}

describe('a soak', () => {
  it.each([
    [undefined, 20_000, false],
    ['full', 600_000, true],
  ])('with BOOKSTORE_SOAK=%s lasts %d ms', (mode, durationMs, isFull) => {
    expect(begin({ BOOKSTORE_SOAK: mode }).run).toMatchObject({ durationMs, isFull });
  });

  it('prints a seed that repeats it', () => {
    const { run, printed } = begin({ BOOKSTORE_SOAK: undefined, BOOKSTORE_SOAK_SEED: undefined });
    expect(printed).toEqual([`soak x: 20 s, BOOKSTORE_SOAK_SEED=${run.seed}\n`]);
    const again = begin({ BOOKSTORE_SOAK_SEED: String(run.seed) }).run;
    const draw = (each: typeof run): unknown[] => [each.random(), each.between(1, 6), each.pick(['a', 'b', 'c'])];
    expect(draw(again)).toEqual(draw(run));
  });

  it('draws evenly, within its bounds', () => {
    const { run } = begin({ BOOKSTORE_SOAK_SEED: '7' });
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 6_000; draw += 1) {
      const face = run.between(1, 6);
      counts.set(face, (counts.get(face) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });

  it('refuses a seed that is none', () => {
    expect(() => begin({ BOOKSTORE_SOAK_SEED: 'x' })).toThrow('BOOKSTORE_SOAK_SEED=x is no integer');
  });
});
