// The command lines of the control plane, as a golden file: a changed flag is to be seen in a review.
import { expect, test } from 'vitest';
import { clusterPaths } from '../../../src/local/cluster-paths.ts';
import { componentArgs, componentNames } from '../../../src/local/components.ts';

const input = {
  paths: clusterPaths('/state', 'one'),
  etcdPort: 2379,
  apiServerPort: 6443,
  stagesFile: '/package/local-cluster/kwok/stages.yaml',
};

test('the command lines are those that were tried', async () => {
  const lines = componentNames.map((name) => [name, ...componentArgs(name, input)].join('\n  '));
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/components.txt');
});

test('more flags of the API server go to it alone', () => {
  const apiServerFlags = { 'audit-log-path': 'audit.log' };
  const given = componentNames.filter((name) =>
    componentArgs(name, { ...input, apiServerFlags }).includes('--audit-log-path=audit.log'),
  );
  expect(given).toEqual(['kube-apiserver']);
});

test('nothing listens on any other address than the loopback one', () => {
  const addresses = componentNames.flatMap((name) =>
    componentArgs(name, input).filter((arg) => /^--(listen|bind|advertise)/.test(arg)),
  );
  expect(addresses.filter((arg) => !arg.includes('127.0.0.1'))).toEqual([]);
});
