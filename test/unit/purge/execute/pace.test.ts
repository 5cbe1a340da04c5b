import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../../src/kube/errors.ts';
import { RequestBrake } from '../../../../src/kube/request-brake.ts';
import { Pace } from '../../../../src/purge/execute/pace.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const throttled = (): ApiError => new ApiError('API_TOO_MANY_REQUESTS', 'cannot list: too many', { status: 429 });

/** A server that says 429 and "in a second" until a moment, and all who ask it. */
function scene() {
  const clock = new ManualClock();
  const brake = new RequestBrake(clock, () => 0);
  const changes: string[] = [];
  const pace = new Pace({
    clock,
    heldBackMs: () => brake.remainingMs,
    random: () => 0,
    onChange: (isPaused) => changes.push(`${isPaused ? 'paused' : 'on'} at ${clock.monotonic()}`),
  });
  const server = { busyUntilMs: 0, askedAtMs: [] as number[] };
  const read = async (): Promise<string> => {
    await brake.pass();
    server.askedAtMs.push(clock.monotonic());
    await clock.sleep(10);
    if (clock.monotonic() > server.busyUntilMs) return 'read';
    brake.hold(1_000);
    throw throttled();
  };
  return { clock, brake, pace, changes, server, read };
}

describe('Pace', () => {
  it('lets all read at once while the server is content', async () => {
    const { clock, pace, changes, server, read } = scene();
    const all = Promise.all(Array.from({ length: 8 }, () => pace.ask(read)));
    await clock.advance(10);
    expect(await all).toEqual(Array.from({ length: 8 }, () => 'read'));
    expect([server.askedAtMs.every((atMs) => atMs === 0), changes]).toEqual([true, []]);
  });

  it('asks once a second for all while the server wants to be left alone, and lets all go on when one got through', async () => {
    const { clock, pace, changes, server, read } = scene();
    server.busyUntilMs = 60_000;
    const all = Promise.all(Array.from({ length: 8 }, () => pace.ask(read)));
    await clock.advance(70_000);
    await all;
    const [first, later] = [
      server.askedAtMs.filter((atMs) => atMs < 1_000),
      server.askedAtMs.filter((atMs) => atMs >= 1_000),
    ];
    expect(first).toHaveLength(8);
    expect(later.filter((atMs) => atMs < 60_000).length).toBeLessThanOrEqual(60);
    expect(later.slice(-7)).toEqual(Array.from({ length: 7 }, () => later.at(-1))); // those who waited, at once
    expect(changes).toEqual(['paused at 10', expect.stringMatching(/^on at 6\d{4}$/)]);
  });

  it('waits where somebody else on the connection was told to, too', async () => {
    const { clock, brake, pace, changes, server, read } = scene();
    brake.hold(3_000);
    const asked = pace.ask(read);
    await clock.advance(5_000);
    expect([await asked, server.askedAtMs, changes]).toEqual(['read', [3_000], ['paused at 0', 'on at 3010']]);
  });

  it('waits longer each time that helm gave up, once for all that give up together', async () => {
    const { clock, pace, server, read } = scene();
    for (let round = 0; round < 6; round += 1) {
      for (let helm = 0; helm < 8; helm += 1) pace.helmGaveUp();
      const asked = pace.ask(read);
      await clock.advance(100_000);
      await asked;
    }
    const waits = server.askedAtMs.map((atMs, round) => atMs - round * 100_000);
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    pace.helmWasServed();
    pace.helmGaveUp();
    const asked = pace.ask(read);
    await clock.advance(100_000);
    await asked;
    expect(server.askedAtMs.at(-1)).toBe(602_000);
  });

  it('goes on after a failure that is none of the pace', async () => {
    const { clock, pace, changes } = scene();
    pace.helmGaveUp();
    const denied = pace.ask(() => Promise.reject(new ApiError('API_FORBIDDEN', 'no', { status: 403 })));
    const expected = expect(denied).rejects.toMatchObject({ code: 'API_FORBIDDEN' });
    await clock.advance(2_000);
    await expected;
    expect(changes).toEqual(['paused at 0', 'on at 2000']);
  });

  it('is patient for as long as it is told to be', async () => {
    const { clock, pace, server, read } = scene();
    server.busyUntilMs = 60_000;
    const asked = pace.ask(read, { patienceMs: 5_000 });
    const expected = expect(asked).rejects.toMatchObject({ code: 'API_TOO_MANY_REQUESTS' });
    await clock.advance(10_000);
    await expected;
    expect(server.askedAtMs.at(-1)).toBeLessThan(6_100);
  });

  it('ends the waiting of one that is told to stop, and of no other', async () => {
    const { clock, pace, server, read } = scene();
    server.busyUntilMs = 10_000;
    const stop = new AbortController();
    const stopped = Promise.allSettled([
      pace.ask(read, { signal: stop.signal }),
      pace.ask(read, { signal: stop.signal }),
    ]);
    const other = pace.ask(read);
    await clock.advance(5_000);
    stop.abort(new Error('stop'));
    await clock.advance(10_000);
    expect((await stopped).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await other).toBe('read');
  });

  it('remembers whether somebody was told to wait since a moment', () => {
    const { clock, pace } = scene();
    expect(pace.wasToldSince(0)).toBe(false);
    pace.helmGaveUp();
    expect([pace.wasToldSince(clock.monotonic()), pace.wasToldSince(clock.monotonic() + 1)]).toEqual([true, false]);
  });
});
