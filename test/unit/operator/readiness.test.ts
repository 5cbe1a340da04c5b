import { describe, expect, test } from 'vitest';
import { hasReadiness, readinessOf } from '../../../src/operator/readiness.ts';

const apps = (kind: string) => ({ group: 'apps', kind });
const custom = { group: 'example.com', kind: 'Database' };
const seen = { observedGeneration: 1 };
const object = (spec: Record<string, unknown>, status: Record<string, unknown>) => ({
  metadata: { name: 'x', generation: 1 },
  spec,
  status,
});

type Case = readonly [
  situation: string,
  kind: { group: string; kind: string },
  object: ReturnType<typeof object>,
  state: 'ready' | 'progressing' | 'failed',
  message: string,
];

const cases: readonly Case[] = [
  [
    'a Deployment nobody has seen',
    apps('Deployment'),
    object({}, {}),
    'progressing',
    'its controller has not seen it yet',
  ],
  [
    'a Deployment with an old status',
    apps('Deployment'),
    object({ replicas: 1 }, { observedGeneration: 0 }),
    'progressing',
    'its latest spec has not been observed yet',
  ],
  [
    'a Deployment with too few pods',
    apps('Deployment'),
    object({ replicas: 2 }, { ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 1 }),
    'progressing',
    '1 of 2 pods are available',
  ],
  [
    'a Deployment in the middle of a roll-out',
    apps('Deployment'),
    object({ replicas: 2 }, { ...seen, replicas: 3, updatedReplicas: 2, availableReplicas: 3 }),
    'progressing',
    '1 old pods are still there',
  ],
  [
    'a Deployment whose pods are old',
    apps('Deployment'),
    object({ replicas: 2 }, { ...seen, replicas: 2, updatedReplicas: 1, availableReplicas: 2 }),
    'progressing',
    '1 of 2 pods are up to date',
  ],
  [
    'a Deployment that is done',
    apps('Deployment'),
    object({ replicas: 2 }, { ...seen, replicas: 2, updatedReplicas: 2, availableReplicas: 2 }),
    'ready',
    '',
  ],
  ['a Deployment scaled to zero', apps('Deployment'), object({ replicas: 0 }, seen), 'ready', ''],
  [
    'a Deployment past its deadline',
    apps('Deployment'),
    object(
      {},
      {
        ...seen,
        conditions: [
          { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' },
        ],
      },
    ),
    'failed',
    'timed out',
  ],
  [
    'a StatefulSet that is done',
    apps('StatefulSet'),
    object({ replicas: 1 }, { ...seen, readyReplicas: 1, updatedReplicas: 1 }),
    'ready',
    '',
  ],
  [
    'a StatefulSet on its way',
    apps('StatefulSet'),
    object({ replicas: 3 }, { ...seen, readyReplicas: 2, updatedReplicas: 3 }),
    'progressing',
    '2 of 3 pods are ready',
  ],
  [
    'a StatefulSet with a partition',
    apps('StatefulSet'),
    object(
      { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
      { ...seen, readyReplicas: 3, updatedReplicas: 1 },
    ),
    'ready',
    '',
  ],
  [
    'a StatefulSet that is updated by hand',
    apps('StatefulSet'),
    object({ replicas: 1, updateStrategy: { type: 'OnDelete' } }, { ...seen, readyReplicas: 1, updatedReplicas: 0 }),
    'ready',
    '',
  ],
  [
    'a DaemonSet nobody has seen',
    apps('DaemonSet'),
    object({}, {}),
    'progressing',
    'its controller has not seen it yet',
  ],
  ['a DaemonSet without nodes', apps('DaemonSet'), object({}, { ...seen, desiredNumberScheduled: 0 }), 'ready', ''],
  [
    'a DaemonSet on its way',
    apps('DaemonSet'),
    object({}, { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1 }),
    'progressing',
    '1 of 2 pods are available',
  ],
  ['a Job that runs', { group: 'batch', kind: 'Job' }, object({}, { startTime: 'x' }), 'progressing', 'it is running'],
  [
    'a Job that is complete',
    { group: 'batch', kind: 'Job' },
    object({}, { conditions: [{ type: 'Complete', status: 'True' }] }),
    'ready',
    '',
  ],
  [
    'a Job that failed',
    { group: 'batch', kind: 'Job' },
    object({}, { conditions: [{ type: 'Failed', status: 'True', message: 'too often' }] }),
    'failed',
    'too often',
  ],
  ['a bound claim', { group: '', kind: 'PersistentVolumeClaim' }, object({}, { phase: 'Bound' }), 'ready', ''],
  ['a pending claim', { group: '', kind: 'PersistentVolumeClaim' }, object({}, {}), 'progressing', 'it is Pending'],
  [
    'a ready Pod',
    { group: '', kind: 'Pod' },
    object({}, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }),
    'ready',
    '',
  ],
  [
    'a Pod that is not ready',
    { group: '', kind: 'Pod' },
    object({}, { phase: 'Running' }),
    'progressing',
    'it is Running',
  ],
  ['a failed Pod', { group: '', kind: 'Pod' }, object({}, { phase: 'Failed' }), 'failed', 'it failed'],
  [
    'a LoadBalancer without an address',
    { group: '', kind: 'Service' },
    object({ type: 'LoadBalancer' }, {}),
    'ready',
    '',
  ],
  ['a custom resource without conditions', custom, object({}, {}), 'ready', ''],
  [
    'a custom resource that is Ready',
    custom,
    object({}, { conditions: [{ type: 'Ready', status: 'True' }] }),
    'ready',
    '',
  ],
  [
    'a custom resource that is not Ready',
    custom,
    object({}, { conditions: [{ type: 'Ready', status: 'False', message: 'no disk' }] }),
    'progressing',
    'no disk',
  ],
  [
    'a custom resource that is reconciling',
    custom,
    object(
      {},
      {
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'Reconciling', status: 'True', message: 'resizing' },
        ],
      },
    ),
    'progressing',
    'resizing',
  ],
  [
    'a custom resource that is stalled',
    custom,
    object({}, { conditions: [{ type: 'Stalled', status: 'True', message: 'bad spec' }] }),
    'failed',
    'bad spec',
  ],
];

describe('readinessOf', () => {
  test.each(cases)('%s', (_situation, kind, given, state, message) => {
    expect(readinessOf(kind, given)).toEqual({ state, message });
  });
});

describe('hasReadiness', () => {
  test.each([
    ['', 'Service', false],
    ['', 'ConfigMap', false],
    ['networking.k8s.io', 'Ingress', false],
    ['autoscaling', 'HorizontalPodAutoscaler', false],
    ['apps', 'Deployment', true],
    ['', 'PersistentVolumeClaim', true],
    ['example.com', 'Database', true],
  ])('%s %s: %s', (group, kind, expected) => {
    expect(hasReadiness({ group, kind })).toBe(expected);
  });
});
