import { describe, expect, test } from 'vitest';
import { ApiError } from '../../../src/kube/errors.ts';
import { retryOnConflict } from '../../../src/kube/retry-on-conflict.ts';
import { systemClock } from '../../../src/lib/clock.ts';

const clock = { ...systemClock, sleep: async () => undefined };
const conflict = new ApiError('API_CONFLICT', 'somebody else wrote');

describe('retryOnConflict', () => {
  test('tries again until nobody else wrote in between', async () => {
    const result = await retryOnConflict(
      async (attempt) => {
        if (attempt < 3) throw conflict;
        return attempt;
      },
      { clock },
    );
    expect(result).toBe(3);
  });

  test('gives up after five tries', async () => {
    let calls = 0;
    const change = async (): Promise<void> => {
      calls += 1;
      throw conflict;
    };
    await expect(retryOnConflict(change, { clock })).rejects.toBe(conflict);
    expect(calls).toBe(5);
  });

  test('throws everything else at once', async () => {
    const forbidden = new ApiError('API_FORBIDDEN', 'no');
    let calls = 0;
    const change = async (): Promise<void> => {
      calls += 1;
      throw forbidden;
    };
    await expect(retryOnConflict(change, { clock })).rejects.toBe(forbidden);
    expect(calls).toBe(1);
  });
});
