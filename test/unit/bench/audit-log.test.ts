// Requests counted from the lines that the API server writes.
import { expect, test } from 'vitest';
import { countByAgent, ofTheMeasured } from '../../../bench/audit-log.ts';

const line = (stage: string, verb: string, userAgent?: string): string =>
  `${JSON.stringify({ kind: 'Event', stage, verb, ...(userAgent === undefined ? {} : { userAgent }) })}\n`;

test('a watch counts once, when it begins; any other request once, when it is answered', () => {
  const lines = [
    line('ResponseStarted', 'watch', 'bookstore-operator/0.1.0'),
    line('ResponseComplete', 'watch', 'bookstore-operator/0.1.0'),
    line('ResponseComplete', 'patch', 'bookstore-operator/0.1.0'),
    line('ResponseComplete', 'get', 'Helm/4.2.3 (linux/amd64)'),
    line('ResponseComplete', 'get'),
  ];
  expect(countByAgent(lines.join(''))).toEqual({ 'bookstore-operator/0.1.0': 2, 'Helm/4.2.3': 1, '': 1 });
});

test('a line that is not complete yet is not read', () => {
  expect(countByAgent(`${line('ResponseComplete', 'get', 'a')}{"stage":"Resp`)).toEqual({ a: 1 });
});

test('what the control plane and the benchmark ask is not the operator’s', () => {
  const counts = {
    'kube-controller-manager/v1.36.3': 9,
    'kube-apiserver/v1.36.3': 9,
    'kube-scheduler/v1.36.3': 9,
    'kwok/v0.8.0': 9,
    'bookstore-bench': 9,
    'bookstore-operator/0.1.0': 3,
    'helm-operator/v0.0.0': 4,
    'Helm/4.2.3': 5,
  };
  expect(ofTheMeasured(counts)).toEqual({
    'bookstore-operator/0.1.0': 3,
    'helm-operator/v0.0.0': 4,
    'Helm/4.2.3': 5,
  });
});
