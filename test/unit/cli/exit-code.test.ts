import { expect, test } from 'vitest';
import { ExitCode } from '../../../src/cli/exit-code.ts';

test('scripts rely on the numbers: none changes', () => {
  expect(ExitCode).toEqual({
    done: 0,
    someFailed: 1,
    usage: 2,
    capHit: 3,
    planStale: 4,
    locked: 5,
    apiUnreachable: 6,
    interrupted: 130,
  });
});
