import { describe, expect, test } from 'vitest';
import { type RunFlags, readRunFlags } from '../../../src/cli/run-flags.ts';

const bare: RunFlags = { maxConcurrentReconciles: 4, healthProbeBindAddress: ':8081' };
const read = (flags: Partial<RunFlags> = {}, operatorName?: string) =>
  readRunFlags({ ...bare, ...flags }, { operatorName }).options;

describe('readRunFlags', () => {
  test('without flags', () => {
    expect(read()).toEqual({
      ...bare,
      metricsBindAddress: '0',
      metricsSecure: false,
      leaderElect: false,
      leaderElectionId: 'bookstore-operator',
      logLevel: 'info',
    });
  });

  test('old names stand for the new ones', () => {
    expect(read({ enableLeaderElection: true, metricsAddr: '127.0.0.1:8080' })).toMatchObject({
      leaderElect: true,
      metricsBindAddress: '127.0.0.1:8080',
    });
    expect(read({ enableLeaderElection: false }).leaderElect).toBe(false);
  });

  test.each<[Partial<RunFlags>, string]>([
    [{ leaderElect: true, enableLeaderElection: true }, '--enable-leader-election'],
    [{ leaderElect: false, enableLeaderElection: true }, '--enable-leader-election'],
    [{ metricsBindAddress: ':1', metricsAddr: ':2' }, '--metrics-addr'],
  ])('both names at once are an error: %j', (flags, old) => {
    expect(() => read(flags)).toThrow(old);
  });

  test('OPERATOR_NAME names the Lease where no flag does', () => {
    expect(read({}, 'nginx-operator').leaderElectionId).toBe('nginx-operator');
    expect(read({ leaderElectionId: 'mine' }, 'nginx-operator').leaderElectionId).toBe('mine');
  });

  test('what cannot be the name of a Lease is an error that says where it stands', () => {
    expect(() => read({}, 'Foo_x')).toThrow('OPERATOR_NAME: "Foo_x" cannot be the name of a Lease');
    expect(() => read({ leaderElectionId: 'a..b' }, 'fine')).toThrow('--leader-election-id: "a..b"');
    expect(read({ leaderElectionId: 'a.b-c' }, 'Foo_x').leaderElectionId).toBe('a.b-c');
  });

  test('our own flag for the level beats those of zap', () => {
    expect(read({ logLevel: 'warn', zapLogLevel: 'debug' }).logLevel).toBe('warn');
    expect(read({ zapLogLevel: 'error', zapDevel: true }).logLevel).toBe('error');
  });
});
