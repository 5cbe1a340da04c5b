import { describe, expect, it } from 'vitest';
import { electorIdentity } from '../../../src/kube/elector-identity.ts';
import { ApiError } from '../../../src/kube/errors.ts';
import { elect, leaseWorld, Machine } from './leader-election-world.ts';

describe('an elector', () => {
  it('takes a Lease that was released, and says so in the record', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(0);
    expect(a.election.isLeading).toBe(true);
    expect(a.election.term?.transitions).toBe(4);
    expect(a.told).toEqual(['start']);
    expect(world.server.current?.spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000001Z',
      leaseTransitions: 4,
    });
  });

  it('renews about every five seconds, and keeps when it took over', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(60_000);
    expect(a.machine.sent).toEqual(['read', ...Array.from({ length: 13 }, () => 'update')]);
    expect(world.server.current?.spec).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:01:00.000000Z',
      leaseTransitions: 4,
    });
  });

  it.each([
    [0, 14],
    [0.999, 11],
  ])('renews within a tenth of that: random %d', async (random, renewals) => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a', random: () => random });
    await world.time.advance(64_000);
    expect(a.machine.sent.filter((verb) => verb === 'update')).toHaveLength(renewals + 1);
  });

  it('waits a lease duration where there is no Lease: its holder may be alive', async () => {
    const world = leaseWorld({ isEmpty: true });
    const a = elect(world, { identity: 'a' });
    await world.time.advance(14_999);
    expect(a.election.isLeading).toBe(false);
    await world.time.advance(1);
    expect(a.election.isLeading).toBe(true);
    expect(world.server.current?.spec).toMatchObject({ holderIdentity: 'a', leaseTransitions: 1 });
    expect(a.machine.sent.filter((verb) => verb !== 'read' && verb !== 'watch')).toEqual(['create', 'update']);
  });

  it('waits a lease duration where it finds one that is empty: somebody may just have emptied it', async () => {
    const world = leaseWorld();
    world.server.replace();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(14_999);
    expect(a.election.isLeading).toBe(false);
    await world.time.advance(1);
    expect(a.election.isLeading).toBe(true);
  });

  it.each(['delete', 'empty', 'replace'] as const)(
    'waits as long as the holder that it saw would have held it, after: %s',
    async (what) => {
      const world = leaseWorld();
      const a = elect(world, { identity: 'a', leaseDurationMs: 30_000 });
      const b = elect(world, { identity: 'b' });
      await world.time.advance(1_000);
      a.machine.stop();
      world.server[what]();
      await world.time.advance(29_999);
      expect(b.election.isLeading).toBe(false);
      await world.time.advance(1 + 2_200); // it looks again for one that was deleted after one pause
      expect(b.election.isLeading).toBe(true);
      a.machine.continue();
      await world.time.advance(60_000);
      expect([a.election.isLeading, b.election.isLeading]).toEqual([false, true]);
    },
  );

  it.each([1, 5, 14])('waits as long as ever when somebody shortens the lease to %d s', async (seconds) => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(1_000);
    a.machine.stop();
    world.server.set({ leaseDurationSeconds: seconds });
    await world.time.advance(14_999);
    expect(b.election.isLeading).toBe(false);
    await world.time.advance(1);
    expect(b.election.isLeading).toBe(true);
  });

  it('remembers a holder whose lease is longer than its own, whatever is written over it', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a', leaseDurationMs: 30_000 });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(1_000);
    a.machine.stop();
    world.server.set({ holderIdentity: 'x', leaseDurationSeconds: 5, renewTime: '2027-01-01T00:00:00.000000Z' });
    await world.time.advance(1_000);
    world.server.set({ renewTime: '2027-01-01T00:00:01.000000Z' });
    await world.time.advance(29_999);
    expect(b.election.isLeading).toBe(false);
    await world.time.advance(1);
    expect(b.election.isLeading).toBe(true);
  });

  it('forgets a longer lease once its holder has renewed with a shorter one', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(1_000);
    world.server.set({ leaseDurationSeconds: 3_600 });
    await world.time.advance(5_000); // renewed
    a.machine.stop();
    await world.time.advance(15_000);
    expect(b.election.isLeading).toBe(true);
  });

  it('does not believe its own name, written over the name of one who leads', async () => {
    const world = leaseWorld();
    const b = elect(world, { identity: 'b' });
    const c = elect(world, { identity: 'c' });
    await world.time.advance(1_000);
    const saved = world.server.current?.spec ?? {};
    b.machine.stop();
    await world.time.advance(20_000);
    b.machine.continue();
    await world.time.advance(1_000);
    expect([b.election.isLeading, c.election.isLeading]).toEqual([false, true]);
    c.machine.stop(); // its clock runs on, and by it it leads
    world.server.set(saved);
    await world.time.advance(1_000);
    expect([b.election.isLeading, c.election.isLeading]).toEqual([false, true]);
    await world.time.advance(14_000);
    expect([b.election.isLeading, c.election.isLeading]).toEqual([true, false]);
  });

  it('does not wait for itself when it took the Lease and was not told so', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    a.machine.weather = () => ({ latencyMs: 0, fault: a.machine.sent.length === 2 ? 'deaf' : undefined });
    await world.time.advance(3_000 + 2_400);
    expect(a.machine.sent).toEqual(['read', 'update', 'update', 'read', 'update']);
    expect(a.election.isLeading).toBe(true);
  });

  it('is not misled by one that was made, held and deleted while it could not look', async () => {
    const world = leaseWorld({ isEmpty: true });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(1_000);
    b.machine.stop();
    world.server.delete();
    const a = elect(world, { identity: 'a', isMissingFree: true });
    await world.time.advance(13_500);
    world.server.delete();
    b.machine.continue();
    await world.time.advance(3_000);
    expect([a.election.isLeading, b.election.isLeading]).toEqual([true, false]);
  });

  it('takes one that does not exist at once where nobody else can be running', async () => {
    const world = leaseWorld({ isEmpty: true });
    const a = elect(world, { identity: 'a', isMissingFree: true });
    await world.time.advance(0);
    expect(a.election.isLeading).toBe(true);
  });

  it('has a name that no other has', () => {
    expect(electorIdentity('pod-1')).toMatch(/^pod-1_[0-9a-f]{16}$/);
    expect(electorIdentity('pod-1')).not.toBe(electorIdentity('pod-1'));
  });
});

describe('a standby', () => {
  it('costs a read and a watch while the leader lives', async () => {
    const world = leaseWorld();
    elect(world, { identity: 'a' });
    await world.time.advance(1_000);
    const b = elect(world, { identity: 'b' });
    await world.time.advance(600_000);
    expect(b.machine.sent).toEqual(['read', 'watch']);
    expect(b.election.isLeading).toBe(false);
    expect(b.election.holder).toBe('a');
    expect(() => b.election.assertLeading()).toThrow('Lease ns/lease is not held by this replica (b)');
  });

  it('takes over one lease duration after the last sign of life', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(12_000); // last renewal at 10
    a.machine.stop();
    await world.time.advance(12_999);
    expect(b.election.isLeading).toBe(false);
    await world.time.advance(1);
    expect(b.election.isLeading).toBe(true);
    expect(world.server.current?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 5 });
  });

  it.each([-3_600_000, 3_600_000])('is not misled by a wall clock that is %d ms off', async (wallOffsetMs) => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b', machine: new Machine(world.time, { wallOffsetMs }) });
    await world.time.advance(60_000);
    expect([a.election.isLeading, b.election.isLeading]).toEqual([true, false]);
    a.machine.stop();
    await world.time.advance(14_999);
    expect(b.election.isLeading).toBe(false);
    await world.time.advance(1);
    expect(b.election.isLeading).toBe(true);
  });

  it('goes by the duration that the holder wrote, not by its own', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a', leaseDurationMs: 30_000 });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(1_000);
    a.machine.stop();
    await world.time.advance(28_999);
    expect(b.election.isLeading).toBe(false);
    await world.time.advance(1);
    expect(b.election.isLeading).toBe(true);
  });

  it('leaves a leader alone whose renewals it does not see, because its watch is silent', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b' });
    b.machine.isWatchSilent = true;
    await world.time.advance(120_000);
    expect([a.election.isLeading, b.election.isLeading]).toEqual([true, false]);
    expect(a.told).toEqual(['start']);
    expect(b.machine.sent.length).toBeLessThanOrEqual((2 * 120) / 6 + 6);
    a.machine.stop();
    await world.time.advance(15_000 + 6_000);
    expect(b.election.isLeading).toBe(true);
  });

  it('asks every two seconds or so while the API is away, and leads when it is back', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    a.machine.weather = () => ({ latencyMs: 0, fault: 'error' });
    await world.time.advance(60_000);
    expect(a.machine.sent.length).toBeLessThanOrEqual(30);
    expect(a.errors.length).toBeGreaterThan(20);
    a.machine.weather = () => ({ latencyMs: 0 });
    await world.time.advance(2_400);
    expect(a.election.isLeading).toBe(true);
  });

  it('that is one of three gets the Lease alone', async () => {
    const world = leaseWorld();
    const electors = ['a', 'b', 'c'].map((identity) => elect(world, { identity }));
    await world.time.advance(60_000);
    expect(electors.filter(({ election }) => election.isLeading)).toHaveLength(1);
    expect(electors.flatMap(({ told }) => told)).toEqual(['start']);
  });
});

describe('a leader', () => {
  it('stops leading before anybody can take over, when it cannot renew', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(0);
    const { term } = a.election;
    a.machine.weather = () => ({ latencyMs: 0, fault: 'cut' });
    await world.time.advance(9_999);
    expect([a.election.isLeading, term?.isValid, term?.signal.aborted]).toEqual([true, true, false]);
    await world.time.advance(1);
    expect([a.election.isLeading, term?.isValid, term?.signal.aborted]).toEqual([false, false, true]);
    expect(a.told).toEqual(['start', 'stop: Lease ns/lease could not be renewed within 10 s']);
    expect(term?.signal.reason).toMatchObject({ code: 'LEASE_LOST', isTerminal: false });
    expect(() => a.election.assertLeading()).toThrow('is not held');
  });

  it('counts from before it sent a renewal, however late the answer comes', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(0);
    a.machine.weather = () => ({ latencyMs: 1_400 });
    await world.time.advance(5_000 + 2_800); // renewed: sent at 5, answered at 7.8
    a.machine.weather = () => ({ latencyMs: 0, fault: 'cut' });
    await world.time.advance(15_000 - 7_800 - 1);
    expect(a.election.isLeading).toBe(true);
    await world.time.advance(1);
    expect(a.election.isLeading).toBe(false);
  });

  it('tries again while there is time: one lost renewal costs nothing', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(0);
    const faults = ['cut', 'error'] as const;
    let count = 0;
    a.machine.weather = () => ({ latencyMs: 0, fault: faults[count++ % 3] });
    await world.time.advance(120_000);
    expect(a.told).toEqual(['start']);
    expect(a.errors.length).toBeGreaterThan(5);
  });

  it('keeps its term over a renewal that is throttled for longer than the term lasts', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(0);
    const sentBefore = a.machine.sent.length;
    a.machine.weather = () => ({
      latencyMs: 0,
      fault: a.machine.sent.length === sentBefore + 1 ? 'throttled' : undefined,
    });
    await world.time.advance(5_000 + 2_499);
    expect(a.machine.sent).toHaveLength(sentBefore + 1);
    await world.time.advance(1);
    expect(a.machine.sent).toHaveLength(sentBefore + 2);
    await world.time.advance(60_000);
    expect(a.told).toEqual(['start']);
    expect(a.errors).toEqual([expect.objectContaining({ code: 'API_TOO_MANY_REQUESTS' })]);
  });

  it('is not confused by a renewal that was done but not answered', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(0);
    let isFirst = true;
    a.machine.weather = () => {
      const fault = isFirst ? 'deaf' : undefined;
      isFirst = false;
      return { latencyMs: 0, fault };
    };
    await world.time.advance(60_000);
    expect(a.told).toEqual(['start']);
    expect(world.server.current?.spec?.leaseTransitions).toBe(4);
  });

  it('that was stopped knows at once that it has lost, before any timer told it', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(7_000); // last renewal at 5
    const { term } = a.election;
    a.machine.stop();
    await world.time.advance(13_000);
    expect(b.election.isLeading).toBe(true);
    a.machine.continue(); // no turn of its event loop yet
    expect(a.election.isLeading).toBe(false);
    expect(term?.signal.aborted).toBe(false);
    expect(() => a.election.assertLeading()).toThrow('is not held');
    expect(term?.signal.aborted).toBe(true); // who works in the term is told by the first act that is refused
    await world.time.advance(60_000);
    expect([a.election.isLeading, b.election.isLeading]).toEqual([false, true]);
    expect(b.told).toEqual(['start']);
  });

  it('that was stopped shorter than that leads on', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    elect(world, { identity: 'b' });
    await world.time.advance(6_000);
    a.machine.stop();
    await world.time.advance(8_000);
    a.machine.continue();
    await world.time.advance(60_000);
    expect(a.told).toEqual(['start']);
    expect(a.election.isLeading).toBe(true);
  });

  it('counts the time that the machine slept, when monotonic clocks stand still', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(1_000);
    world.time.wallOffsetMs += 9_000; // as a laptop's after its lid was closed
    expect(a.election.isLeading).toBe(false);
    await world.time.advance(5_000);
    expect(a.told).toEqual(['start', expect.stringContaining('could not be renewed'), 'start']);
  });

  it('lets no step of its wall clock backwards lengthen the lease', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(0);
    a.machine.weather = () => ({ latencyMs: 0, fault: 'cut' });
    world.time.wallOffsetMs -= 3_600_000;
    await world.time.advance(10_000);
    expect(a.election.isLeading).toBe(false);
  });

  it('shows life even while its wall clock stands still', async () => {
    const world = leaseWorld();
    const machine = new Machine(world.time);
    machine.now = () => 0;
    const a = elect(world, { identity: 'a', machine });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(120_000);
    expect([a.election.isLeading, b.election.isLeading]).toEqual([true, false]);
  });

  it.each(['delete', 'empty', 'replace'] as const)('has its Lease back, and leads on, after: %s', async (what) => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(12_000);
    world.server[what]();
    await world.time.advance(60_000);
    expect(a.told).toEqual(['start']);
    expect(b.told).toEqual([]);
    expect(world.server.current?.spec).toMatchObject({ holderIdentity: 'a', leaseTransitions: 4 });
  });

  it('renews over what somebody else changed in the Lease', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(12_000);
    world.server.set({ leaseTransitions: 40 });
    await world.time.advance(60_000);
    expect(a.told).toEqual(['start']);
    expect(a.errors).toEqual([]);
  });

  it('gives way at once to somebody who took the Lease by hand', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(4_000);
    world.server.set({ holderIdentity: 'somebody', leaseDurationSeconds: 15 });
    await world.time.advance(1_000);
    expect(a.told).toEqual(['start', 'stop: Lease ns/lease was taken by somebody']);
    await world.time.advance(14_999);
    expect(a.election.isLeading).toBe(false);
    await world.time.advance(2);
    expect(a.election.isLeading).toBe(true);
  });

  it('does not take a Lease that names it for its own when its term has run out meanwhile', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(4_000);
    const saved = world.server.current?.spec ?? {};
    world.server.set({ leaseTransitions: 9 });
    a.machine.weather = () => {
      if (a.machine.sent.at(-1) === 'read') a.machine.stop(); // after the conflict: the answer finds a stopped process
      return { latencyMs: 0 };
    };
    await world.time.advance(20_000);
    expect([a.election.isLeading, b.election.isLeading]).toEqual([false, true]);
    world.server.set(saved);
    a.machine.weather = () => ({ latencyMs: 0 });
    a.machine.continue();
    await world.time.advance(1_000);
    expect([a.election.isLeading, b.election.isLeading]).toEqual([false, true]);
    expect(a.told).toEqual(['start', 'stop: Lease ns/lease could not be renewed within 10 s']);
  });

  it('does not begin a term whose answer came too late to count on', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    a.machine.weather = () => {
      if (a.machine.sent.at(-1) === 'update') a.machine.stop();
      return { latencyMs: 0 };
    };
    await world.time.advance(20_000);
    expect(world.server.current?.spec?.holderIdentity).toBe('a');
    a.machine.weather = () => ({ latencyMs: 0 });
    a.machine.continue();
    await world.time.advance(0);
    expect(a.machine.sent).toEqual(['read', 'update', 'update']);
    expect(a.told).toEqual(['start']);
    expect(a.election.isLeading).toBe(true);
  });
});

describe('an elector that is told to stop', () => {
  it('gives the Lease up at once, and the next has it without waiting', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(7_000);
    const { term } = a.election;
    a.terminate();
    expect([a.election.isLeading, term?.signal.aborted]).toEqual([false, true]);
    await world.time.advance(0);
    await a.ended;
    expect(a.told).toEqual(['start', 'stop: Lease ns/lease is given up: this replica stops']);
    expect(b.election.isLeading).toBe(true);
    expect(world.server.current?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 5 });
  });

  it('releases only when what it had begun is over', async () => {
    const world = leaseWorld();
    const drained = Promise.withResolvers<void>();
    const a = elect(world, { identity: 'a', onStoppedLeading: () => drained.promise });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(1_000);
    a.terminate();
    await world.time.advance(1_000);
    expect(b.election.isLeading).toBe(false);
    drained.resolve();
    await world.time.advance(0);
    await a.ended;
    expect(b.election.isLeading).toBe(true);
  });

  it('releases also what a renewal in flight has changed', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(0);
    a.machine.weather = () => ({ latencyMs: 100 });
    await world.time.advance(5_150); // applied, not answered
    a.machine.weather = () => ({ latencyMs: 0 });
    a.terminate();
    await world.time.advance(0);
    await a.ended;
    expect(world.server.current?.spec?.holderIdentity).toBeNull();
    expect(a.errors).toEqual([]);
  });

  it('ends in time when the API is away', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(0);
    a.machine.weather = () => ({ latencyMs: 0, fault: 'cut' });
    a.terminate();
    await world.time.advance(3_000);
    await a.ended;
    expect(a.errors).toEqual([expect.objectContaining({ code: 'API_TIMEOUT' })]);
  });

  it('leaves a Lease alone that names it by hand alone: another leads', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b' });
    const c = elect(world, { identity: 'c' });
    await world.time.advance(12_000); // renewed at 10
    world.server.set({ holderIdentity: 'b' });
    await world.time.advance(1_000);
    b.terminate();
    await world.time.advance(0);
    await b.ended;
    expect(world.server.current?.spec?.holderIdentity).toBe('b');
    expect([a.election.isLeading, c.election.isLeading]).toEqual([true, false]);
  });

  it('leaves a Lease alone that another holds', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b' });
    await world.time.advance(20_000);
    b.terminate();
    await b.ended;
    expect(a.election.isLeading).toBe(true);
    expect(world.server.current?.spec?.holderIdentity).toBe('a');
  });
});

describe('what an elector waits for', () => {
  it('is the Lease until it has seen it; then it is well, be it leader or standby', async () => {
    const world = leaseWorld();
    const [a, b] = [elect(world, { identity: 'a' }), elect(world, { identity: 'b' })];
    expect(a.election.waitingFor).toEqual(['Lease ns/lease']);
    await world.time.advance(0);
    for (let seconds = 0; seconds < 120; seconds += 1) {
      await world.time.advance(1_000);
      expect([a.election.waitingFor, b.election.waitingFor]).toEqual([[], []]);
    }
  });

  it('is the Lease, and why, where there is none and none can be made', async () => {
    const world = leaseWorld({ isEmpty: true });
    const a = elect(world, { identity: 'a' });
    a.machine.weather = () => ({ latencyMs: 0, fault: a.machine.sent.at(-1) === 'create' ? 'error' : undefined });
    await world.time.advance(60_000);
    expect(a.machine.sent).toContain('read'); // that it is missing was seen each time: nobody can lead by that
    expect(a.election.waitingFor).toEqual(['Lease ns/lease (etcd is away)']);
    a.machine.weather = () => ({ latencyMs: 0 });
    await world.time.advance(2_400);
    expect([a.election.waitingFor, a.election.isLeading]).toEqual([[], false]);
  });

  it('is the Lease where it may be read and not be taken', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    a.machine.weather = () => ({ latencyMs: 0, fault: a.machine.sent.at(-1) === 'update' ? 'error' : undefined });
    await world.time.advance(20_000);
    expect(a.election.waitingFor).toEqual([]);
    await world.time.advance(1);
    expect(a.election.waitingFor).toEqual(['Lease ns/lease (etcd is away)']);
  });

  it.each(['leader', 'standby'])(
    'is the Lease again when it is cut off for longer than a lease: a %s',
    async (role) => {
      const world = leaseWorld();
      const [a, b] = [elect(world, { identity: 'a' }), elect(world, { identity: 'b' })];
      await world.time.advance(60_000);
      const cutOff = role === 'leader' ? a : b;
      cutOff.machine.isWatchSilent = true;
      cutOff.machine.weather = () => ({ latencyMs: 0, fault: 'cut' });
      await world.time.advance(20_001);
      expect(cutOff.election.waitingFor).toEqual(['Lease ns/lease (Lease ns/lease: no answer within 3 s)']);
      cutOff.machine.weather = () => ({ latencyMs: 0 });
      await world.time.advance(5_400);
      expect(cutOff.election.waitingFor).toEqual([]);
    },
  );

  it('says nothing of an error that is over', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a', onStoppedLeading: () => new Promise(() => undefined) });
    a.machine.weather = () => ({ latencyMs: 0, fault: a.machine.sent.length === 1 ? 'error' : undefined });
    await world.time.advance(60_000);
    a.terminate(); // and it is not done with what it had begun
    await world.time.advance(60_000);
    expect(a.election.waitingFor).toEqual(['Lease ns/lease']);
  });
});

describe('waitUntilLeading', () => {
  it('resolves with the term, now or later, and rejects when it is cancelled', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    const b = elect(world, { identity: 'b' });
    const early = a.election.waitUntilLeading();
    const cancelled = new AbortController();
    const never = b.election.waitUntilLeading(cancelled.signal);
    await world.time.advance(0);
    expect(await early).toBe(a.election.term);
    expect(await a.election.waitUntilLeading()).toBe(a.election.term);
    cancelled.abort(new Error('enough'));
    await expect(never).rejects.toThrow('enough');
    await expect(b.election.waitUntilLeading(cancelled.signal)).rejects.toThrow('enough');
  });
});

describe('times', () => {
  it.each([
    [{ leaseDurationMs: 1_500 }],
    [{ leaseDurationMs: 0 }],
    [{ renewDeadlineMs: 15_000 }],
    [{ renewIntervalMs: 9_500 }],
    [{ renewIntervalMs: 0 }],
    [{ retryMs: 0 }],
    [{ requestTimeoutMs: Number.NaN }],
  ])('that cannot keep two from leading are refused: %j', (times) => {
    expect(() => elect(leaseWorld(), { identity: 'a', ...times })).toThrow(RangeError);
  });
});

describe('an error that says nothing about the Lease', () => {
  it('is told, and does not end the election', async () => {
    const world = leaseWorld();
    const a = elect(world, { identity: 'a' });
    await world.time.advance(0);
    const faulty = a.machine.weather;
    a.machine.weather = () => {
      throw new ApiError('API_FORBIDDEN', 'cannot renew Lease ns/lease: forbidden');
    };
    await world.time.advance(6_000);
    expect(a.errors[0]).toMatchObject({ code: 'API_FORBIDDEN' });
    a.machine.weather = faulty;
    await world.time.advance(60_000);
    expect(a.told).toEqual(['start']);
  });
});
