import { describe, expect, test } from 'vitest';
import { type ContainerStatus, type PodObject, podTrouble, troubleOfPod } from '../../../src/operator/pod-trouble.ts';

type Status = NonNullable<PodObject['status']>;

const pod = (status: Status, metadata: Partial<PodObject['metadata']> = {}): PodObject => ({
  metadata: { name: 'web-1', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
  status,
});
const container = (more: Partial<ContainerStatus>): ContainerStatus => ({ name: 'app', ready: false, ...more });
const running = (...containerStatuses: ContainerStatus[]): Status => ({ phase: 'Running', containerStatuses });
const pending = (...containerStatuses: ContainerStatus[]): Status => ({ phase: 'Pending', containerStatuses });
const waits = (reason: string, message?: string) =>
  container({ state: { waiting: { reason, ...(message === undefined ? {} : { message }) } } });
const ended = (exitCode: number, reason: string) => ({ terminated: { exitCode, reason } });
const backOff = 'back-off 5m0s restarting failed container=app pod=web-1_shop(0d2f6f62-5f2b-4e0a-9d3c-0c2b1a7f8e11)';
const crashing = container({
  restartCount: 4,
  state: { waiting: { reason: 'CrashLoopBackOff', message: backOff } },
  lastState: ended(1, 'Error'),
});
const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const unschedulable = {
  conditions: [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/3 nodes are available: 3 Insufficient cpu.',
    },
  ],
};

const cases: readonly (readonly [situation: string, status: Status, text: string | undefined])[] = [
  ['is ready', { ...running(container({ restartCount: 9, lastState: ended(1, 'Error') })), ...ready }, undefined],
  ['is done', { phase: 'Succeeded' }, undefined],
  ['is new', {}, 'Pending'],
  ['begins', pending(waits('ContainerCreating')), 'ContainerCreating'],
  [
    'cannot be scheduled',
    { phase: 'Pending', ...unschedulable },
    'Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.',
  ],
  [
    'crashes',
    running(crashing),
    'CrashLoopBackOff: back-off 5m0s restarting failed container app (exit code 1, 4 restarts)',
  ],
  [
    'crashes, as a short message says',
    running({ ...crashing, name: 'b', state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } } }),
    'CrashLoopBackOff: back-off (container b, exit code 1, 4 restarts)',
  ],
  [
    'runs between two crashes',
    running({ ...crashing, state: { running: {} } }),
    'Error: it ended (container app, exit code 1, 4 restarts)',
  ],
  [
    'has just crashed',
    running({ ...crashing, restartCount: 1, state: ended(2, 'Error') }),
    'Error: it ended (container app, exit code 2, 1 restart)',
  ],
  [
    'has taken too much memory',
    running(container({ restartCount: 0, state: ended(137, 'OOMKilled') })),
    'OOMKilled: it took more memory than its limit (container app, exit code 137, 0 restarts)',
  ],
  [
    'takes too much memory again and again',
    running({ ...crashing, lastState: ended(137, 'OOMKilled') }),
    'OOMKilled: back-off 5m0s restarting failed container app (exit code 137, 4 restarts)',
  ],
  [
    'has no image',
    pending(waits('ImagePullBackOff', 'Back-off pulling image "x:y"')),
    'ImagePullBackOff: Back-off pulling image "x:y"',
  ],
  [
    'lacks a Secret',
    pending(waits('CreateContainerConfigError', 'secret "x" not found')),
    'CreateContainerConfigError: secret "x" not found',
  ],
  [
    'has an init container that fails',
    { phase: 'Pending', initContainerStatuses: [crashing], containerStatuses: [waits('PodInitializing')] },
    'CrashLoopBackOff: back-off 5m0s restarting failed container app (exit code 1, 4 restarts)',
  ],
  [
    'has two containers: the one that cannot start is told before the one that crashes',
    running(crashing, waits('InvalidImageName', 'no')),
    'InvalidImageName: no',
  ],
  [
    'is not ready, as its probe says',
    {
      ...running(container({ state: { running: {} } })),
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'ContainersNotReady',
          message: 'containers with unready status: [app]',
        },
      ],
    },
    'ContainersNotReady: containers with unready status: [app]',
  ],
  ['is not ready, and says nothing', running(container({ state: { running: {} } })), 'it is running, but not ready'],
  [
    'was evicted',
    { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' },
    'Evicted: The node was low on memory.',
  ],
  [
    'failed',
    { phase: 'Failed', containerStatuses: [container({ state: ended(3, 'Error') })] },
    'Error: it ended (container app, exit code 3, 0 restarts)',
  ],
  ['failed without a word', { phase: 'Failed' }, 'Failed'],
];

describe('the trouble of a pod that', () => {
  test.each(cases)('%s', (_situation, status, text) => {
    expect(troubleOfPod(pod(status))).toBe(text);
    expect(podTrouble([pod(status)])).toBe(text === undefined ? undefined : `pod web-1: ${text}`);
  });

  test('is being deleted, whatever it did before', () => {
    expect(troubleOfPod(pod(running(crashing), { deletionTimestamp: 'x' }))).toBe('it is being deleted');
  });

  test('never carries what a container wrote, nor control characters, nor more than 300 characters', () => {
    const message = `${'long '.repeat(100)}\u001b[31m\nred`;
    const leaking = container({
      state: { terminated: { exitCode: 1, reason: 'Error', message: 'password=hunter2' } as { exitCode: number } },
    });
    expect(troubleOfPod(pod(running(leaking)))).not.toContain('hunter2');
    const told = podTrouble([pod(pending(waits('ErrImagePull', message)), { name: 'x'.repeat(253) })]) ?? '';
    expect(told).toMatch(/^pod x+: ErrImagePull: long .*…$/);
    expect(told.length).toBe(300);
    expect(podTrouble([pod(pending(waits('ErrImagePull', 'a\u001b[31m\nb')))])).toBe(
      'pod web-1: ErrImagePull: a [31m b',
    );
  });
});

describe('the trouble of several pods', () => {
  const named = (name: string, status: Status, more: Partial<PodObject['metadata']> = {}) =>
    pod(status, { name, ...more });

  test('is none where all are well', () => {
    expect(podTrouble([])).toBeUndefined();
    expect(podTrouble([named('a', { ...running(), ...ready }), named('b', { phase: 'Succeeded' })])).toBeUndefined();
  });

  test('is what tells most, in whatever order they come', () => {
    const pods = [
      named('leaving', running(crashing), { deletionTimestamp: 'x' }),
      named('starting', pending(waits('ContainerCreating'))),
      named('evicted', { phase: 'Failed', reason: 'Evicted' }),
      named('unready', running()),
      named('unschedulable', { phase: 'Pending', ...unschedulable }),
      named('crashing', running(crashing)),
      named('no-image', pending(waits('ErrImagePull'))),
    ];
    for (let count = pods.length; count > 0; count -= 1) {
      const some = pods.slice(0, count);
      const worst = some.at(-1)?.metadata.name;
      expect(podTrouble(some)).toMatch(new RegExp(`^pod ${worst}: `));
      expect(podTrouble(some.toReversed())).toBe(podTrouble(some));
    }
  });

  test('is the newest pod’s where several have the same, and then the first by name', () => {
    const old = named('a', running(crashing));
    const newer = named('c', running(crashing), { creationTimestamp: '2026-01-02T00:00:00Z' });
    const asNew = named('b', running(crashing), { creationTimestamp: '2026-01-02T00:00:00Z' });
    expect(podTrouble([old, newer])).toMatch(/^pod c: /);
    expect(podTrouble([newer, asNew, old])).toMatch(/^pod b: /);
  });
});
