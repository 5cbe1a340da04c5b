import { describe, expect, it } from 'vitest';
import { type LogLevel, logLevels } from '../../../src/telemetry/log-level.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

function capture(level: LogLevel) {
  const written: string[] = [];
  const log = createLogger({ level, destination: { write: (text) => void written.push(text) } });
  return { log, lines: () => written.map((text) => JSON.parse(text) as Record<string, unknown>), written };
}

describe('a log', () => {
  it('is one JSON object a line: level, time, fields, and a constant message', () => {
    const { log, lines, written } = capture('info');
    log.info('release deployed', { release: 'team-a/shop', revision: 2 });
    expect(written).toEqual([expect.stringMatching(/^\{.*\}\n$/)]);
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        release: 'team-a/shop',
        revision: 2,
        message: 'release deployed',
      },
    ]);
  });

  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
    ['silent', []],
  ] as const)('at level %s writes %j', (level, expected) => {
    const { log, lines } = capture(level);
    for (const each of ['debug', 'info', 'warn', 'error'] as const) log[each]('something happened');
    expect(lines().map((line) => line.level)).toEqual(expected);
    expect(logLevels).toContain(level);
  });

  it('adds the fields of its surroundings to each line, and leaves the outer log as it was', () => {
    const { log, lines } = capture('info');
    log.with({ kind: 'BookStore' }).with({ key: 'a/b' }).warn('failed', { attempt: 1 });
    log.info('plain');
    expect(lines()).toMatchObject([{ kind: 'BookStore', key: 'a/b', attempt: 1 }, { message: 'plain' }]);
    expect(lines()[1]).not.toHaveProperty('kind');
  });

  it('keeps a line break in a field inside its line', () => {
    const { log, written } = capture('info');
    log.info('helm said', { text: 'one\ntwo' });
    expect(written.join('').split('\n')).toHaveLength(2);
  });
});
