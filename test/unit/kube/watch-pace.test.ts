import { describe, expect, it } from 'vitest';
import { ApiError, type ApiErrorCode } from '../../../src/kube/errors.ts';
import { WatchPace } from '../../../src/kube/watch-pace.ts';

/** The waits after these ends, at the longest that jitter gives. */
function waits(ends: readonly (readonly [code: ApiErrorCode | undefined, stoodMs: number])[], random = 0): number[] {
  const pace = new WatchPace();
  return ends.map(([code, stoodMs]) =>
    pace.waitAfter({ stoodMs, ...(code === undefined ? {} : { error: new ApiError(code, code) }) }, random),
  );
}

describe('the pace of a watch', () => {
  it('dials at once when the server ended a watch that stood', () => {
    expect(waits([[undefined, 300_000]])).toEqual([0]);
  });

  it('waits twice as long after each failure, and 3.5 s at most for what may be over in a moment', () => {
    const refused = Array.from({ length: 8 }, () => ['API_UNREACHABLE', 0] as const);
    expect(waits(refused)).toEqual([250, 500, 1_000, 2_000, 3_500, 3_500, 3_500, 3_500]);
    expect(waits(refused, 1)).toEqual([188, 375, 750, 1_500, 2_625, 2_625, 2_625, 2_625]);
  });

  it('waits up to half a minute for what a person has to change', () => {
    const forbidden = Array.from({ length: 8 }, () => ['API_FORBIDDEN', 0] as const);
    expect(waits(forbidden)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('takes a watch that ended soon for a failure, whoever ended it', () => {
    expect(
      waits([
        [undefined, 9_999],
        ['API_UNREACHABLE', 9_999],
        ['API_GONE', 0],
      ]),
    ).toEqual([250, 500, 1_000]);
  });

  it('forgets what went wrong before a watch that stood', () => {
    expect(
      waits([
        ['API_UNREACHABLE', 0],
        ['API_UNREACHABLE', 0],
        ['API_UNREACHABLE', 10_000],
      ]),
    ).toEqual([250, 500, 250]);
  });
});
