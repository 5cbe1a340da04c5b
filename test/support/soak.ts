// Long runs: their length, their seed, and the figures they print.

/** A run. */
export interface Soak {
  /** The full length where the environment says `BOOKSTORE_SOAK=full` (`npm run soak`), else 20 s at most. */
  readonly durationMs: number;
  readonly isFull: boolean;
  /** From `BOOKSTORE_SOAK_SEED`, else random. */
  readonly seed: number;
  /** A number in [0, 1); the same sequence for the same seed. */
  readonly random: () => number;
  /** An integer from `min` up to and with `max`. */
  readonly between: (min: number, max: number) => number;
  /** One of several. */
  readonly pick: <T>(from: readonly [T, ...T[]]) => T;
  /** Prints what came out, one line a figure. */
  readonly print: (figures: Readonly<Record<string, string | number>>) => void;
}

const shortMs = 20_000;

/** Begins a run: prints its name, length and seed. */
export function soak(name: string, options: { readonly seconds: number }): Soak {
  const isFull = process.env.BOOKSTORE_SOAK === 'full';
  const seed = Number(process.env.BOOKSTORE_SOAK_SEED ?? Math.floor(Math.random() * 2 ** 31));
  if (!Number.isInteger(seed)) throw new Error(`BOOKSTORE_SOAK_SEED=${process.env.BOOKSTORE_SOAK_SEED} is no integer`);
  const fullMs = options.seconds * 1_000;
  const durationMs = isFull ? fullMs : Math.min(shortMs, fullMs);
  const random = seededRandom(seed);
  const say = (text: string): void => void process.stdout.write(`soak ${name}: ${text}\n`);
  say(`${durationMs / 1_000} s, BOOKSTORE_SOAK_SEED=${seed}`);
  return {
    durationMs,
    isFull,
    seed,
    random,
    between: (min, max) => min + Math.floor(random() * (max - min + 1)),
    pick: (from) => from[Math.floor(random() * from.length)] ?? from[0],
    print: (figures) => {
      for (const [figure, value] of Object.entries(figures)) say(`${figure}: ${value}`);
    },
  };
}

/** Mulberry32: small, fast, and good enough to choose faults. */
function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
