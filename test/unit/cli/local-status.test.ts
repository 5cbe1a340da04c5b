// The table of `local status`.
import { expect, test } from 'vitest';
import { formatStatus } from '../../../src/cli/local-status.ts';
import type { ClusterStatus } from '../../../src/local/status.ts';

const found: ClusterStatus = {
  name: 'default',
  phase: 'Running',
  server: 'https://127.0.0.1:6443',
  kubeconfig: '/state/default/kubeconfig',
  stateDir: '/state/default',
  createdAt: '2026-01-01T00:00:00.000Z',
  nodes: { ready: 3, total: 3 },
  components: [
    { name: 'etcd', state: 'running', pid: 11, lastLogLines: [] },
    { name: 'kwok', state: 'running', pid: 15, lastLogLines: [] },
  ],
};

test('a running cluster', async () => {
  await expect(formatStatus(found)).toMatchFileSnapshot('golden/local-status-running.txt');
});

test('a cluster of which something died shows its last words', async () => {
  const { nodes: _nodes, ...rest } = found;
  const [etcd, kwok] = found.components;
  const components = [
    ...(etcd === undefined ? [] : [etcd]),
    ...(kwok === undefined ? [] : [{ ...kwok, state: 'dead' as const, lastLogLines: ['panic: oh', 'goroutine 1'] }]),
    { name: 'kube-scheduler' as const, state: 'dead' as const, pid: undefined, lastLogLines: [] },
  ];
  await expect(formatStatus({ ...rest, phase: 'Degraded', components })).toMatchFileSnapshot(
    'golden/local-status-degraded.txt',
  );
});

test('no cluster', () => {
  expect(formatStatus({ name: 'x', phase: 'Absent', components: [] })).toBe('cluster     x\nphase       Absent\n');
});
