import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { holderState, NO_HOLDER, ownHolder } from '../../../src/helm/holder.ts';
import { startTicksOf } from '../../../src/lib/proc-stat.ts';

const [pid = '', ticks = '', space = '', host = ''] = ownHolder().split('.');
const label = (changes: Partial<Record<'pid' | 'ticks' | 'space' | 'host', string>>) => {
  const all = { pid, ticks, space, host, ...changes };
  return `${all.pid}.${all.ticks}.${all.space}.${all.host}`;
};

describe.runIf(process.platform === 'linux')('the process behind a label', () => {
  test('is a label value that Kubernetes takes', () => {
    expect(ownHolder()).toMatch(/^[A-Za-z0-9][-A-Za-z0-9_.]{0,61}[A-Za-z0-9]$/);
  });

  test('is this process, and no other with its pid', () => {
    expect(holderState(ownHolder())).toBe('self');
    expect(holderState(label({ ticks: '1' }))).toBe('dead');
  });

  test('lives as long as it runs', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const started = startTicksOf(readFileSync(`/proc/${child.pid}/stat`, 'utf8')) ?? '';
    const other = label({ pid: String(child.pid), ticks: started });
    expect(holderState(other)).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(holderState(other)).toBe('dead');
  });

  test.for([
    ['another PID namespace or machine', label({ space: '0'.repeat(12) })],
    ['another host', label({ space: '0'.repeat(12), host: '1'.repeat(12) })],
    ['nothing claimed', NO_HOLDER],
    ['no label', undefined],
    ['a text of somebody', '1.2.3.4; rm'],
  ] as const)('is unknown: %s', ([, value]) => {
    expect(holderState(value)).toBe('unknown');
  });
});
