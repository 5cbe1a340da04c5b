// Two guards as one.

/** Asks `first`, where there is one, and then `second`: either may throw. */
export function inTurn(first: (() => void) | undefined, second: () => void): () => void {
  if (first === undefined) return second;
  return () => {
    first();
    second();
  };
}
