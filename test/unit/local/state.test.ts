// The state file: what is written can be read, and what cannot be trusted is refused.
import { expect, test } from 'vitest';
import { type ClusterState, formatState, parseState } from '../../../src/local/state.ts';

const state: ClusterState = {
  version: 1,
  name: 'one',
  createdAt: '2026-01-01T00:00:00.000Z',
  binDir: '/cache/bin',
  etcdPort: 2379,
  apiServerPort: 6443,
  processes: { etcd: { pid: 4711, startedAt: 'boot/1' } },
};

test('a state survives writing and reading', () => {
  expect(parseState(formatState(state), 'state.json')).toEqual(state);
});

test.for([
  ['{', 'not JSON'],
  ['[]', 'not an object'],
  [JSON.stringify({ ...state, version: 2 }), 'version 2'],
  [JSON.stringify({ ...state, name: 1 }), 'must be strings'],
  [JSON.stringify({ ...state, etcdPort: 0 }), 'must be ports'],
  [JSON.stringify({ ...state, apiServerPort: '6443' }), 'must be ports'],
  [JSON.stringify({ ...state, processes: [] }), 'processes'],
  [JSON.stringify({ ...state, processes: { etcd: 4711 } }), 'processes.etcd'],
])('%s is refused: %s', ([text = '', problem = '']) => {
  expect(() => parseState(text, '/state/one/state.json')).toThrow(
    expect.objectContaining({
      code: 'LOCAL_STATE_UNREADABLE',
      message: expect.stringMatching(new RegExp(`^/state/one/state.json: .*${problem}`)),
      remedy: expect.stringContaining('local down --name one'),
    }),
  );
});

test.for([0, 1, -1, -4711, 1.5])('the pid %d never reaches kill', (pid) => {
  const text = JSON.stringify({ ...state, processes: { etcd: { pid, startedAt: 'boot/1' } } });
  expect(() => parseState(text, 'state.json')).toThrow('processes.etcd');
});
