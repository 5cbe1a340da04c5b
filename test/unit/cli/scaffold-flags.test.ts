import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { addScaffoldFlags, levelOf, noticesOf, type ScaffoldFlags } from '../../../src/cli/scaffold-flags.ts';

const parse = (...args: readonly string[]): ScaffoldFlags => {
  const command = addScaffoldFlags(new Command('run'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parse([...args], { from: 'user' }).opts<ScaffoldFlags>();
};
const said = (...args: readonly string[]): readonly string[] =>
  noticesOf(parse(...args), { operatorName: undefined, isLeaseNamed: false }).map(({ flag }) => flag);

describe('booleans', () => {
  test.each([
    [['--metrics-require-rbac'], true],
    [['--metrics-require-rbac=true'], true],
    [['--metrics-require-rbac=T'], true],
    [['--metrics-require-rbac=false'], false],
    [['--metrics-require-rbac=0'], false],
    [['--metrics-require-rbac', '--enable-http2'], true],
    [[], undefined],
  ])('%j', (args, value) => {
    expect(parse(...args).metricsRequireRbac).toBe(value);
  });

  test('anything else than a boolean of Go is an error', () => {
    expect(() => parse('--enable-http2=maybe')).toThrow('Must be true or false');
  });
});

describe('log levels', () => {
  test.each([
    [['--zap-log-level=info'], 'info'],
    [['--zap-log-level', 'DEBUG'], 'debug'],
    [['--zap-log-level=error'], 'error'],
    [['--zap-log-level=panic'], 'error'],
    [['--zap-log-level=5'], 'debug'],
    [['--zap-log-level=0'], 'info'],
    [['--zap-devel'], 'debug'],
    [['--zap-devel=false'], undefined],
    [['--zap-devel', '--zap-log-level=error'], 'error'],
    [[], undefined],
  ])('%j', (args, level) => {
    expect(levelOf(parse(...args))).toBe(level);
  });

  test.each(['warn', '-1', '1.5', '', 'toString'])('%j is none', (level) => {
    expect(() => parse(`--zap-log-level=${level}`)).toThrow('Must be debug, info, error, panic, or a whole number');
  });
});

describe('what has no effect', () => {
  test('is said, by the name that was given', () => {
    expect(
      said(
        '--enable-leader-election',
        '--metrics-addr=:8080',
        '--config=controller_manager_config.yaml',
        '--suppress-override-values',
        '--enable-http2',
        '--metrics-require-rbac=false',
        '--zap-devel',
        '--zap-encoder=console',
        '--zap-stacktrace-level=error',
        '--zap-time-encoding=epoch',
      ),
    ).toEqual([
      '--enable-leader-election',
      '--metrics-addr',
      '--config',
      '--suppress-override-values',
      '--enable-http2',
      '--metrics-require-rbac',
      '--zap-devel',
      '--zap-encoder',
      '--zap-stacktrace-level',
      '--zap-time-encoding',
    ]);
  });

  test('is not said of what is done in any case', () => {
    expect(said()).toEqual([]);
    expect(
      said(
        '--metrics-require-rbac',
        '--enable-http2=false',
        '--zap-devel=false',
        '--zap-encoder=json',
        '--zap-log-level=info',
        '--zap-time-encoding=rfc3339',
      ),
    ).toEqual([]);
  });

  test('is said of OPERATOR_NAME, as helm-operator does', () => {
    const [old] = noticesOf({}, { operatorName: 'nginx', isLeaseNamed: false });
    expect(old).toEqual({ flag: 'OPERATOR_NAME', meaning: 'an old name: write --leader-election-id' });
    const [ignored] = noticesOf({}, { operatorName: 'nginx', isLeaseNamed: true });
    expect(ignored?.meaning).toContain('without effect');
  });
});
