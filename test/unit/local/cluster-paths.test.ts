// Names of clusters become directories: only harmless ones may.
import { expect, test } from 'vitest';
import { clusterPaths } from '../../../src/local/cluster-paths.ts';

test('all of a cluster is below its own directory, lock and logs beside it', () => {
  const { lockFile, logDir, stateDir, ...inside } = clusterPaths('/state', 'one');
  expect(stateDir).toBe('/state/bookstore-operator/local/one');
  expect(lockFile).toBe('/state/bookstore-operator/local/one.lock');
  expect(logDir).toBe('/state/bookstore-operator/local/one.logs');
  for (const path of Object.values(inside)) expect(path.startsWith(`${stateDir}/`)).toBe(true);
});

test.for(['', '.', '..', '../one', 'a/b', 'Upper', '-a', 'a-', 'a b', 'one.lock', 'x'.repeat(41)])(
  'the name "%s" is refused with a way out',
  (name) => {
    expect(() => clusterPaths('/state', name)).toThrow(
      expect.objectContaining({ code: 'LOCAL_NAME_INVALID', remedy: expect.stringContaining('--name') }),
    );
  },
);
