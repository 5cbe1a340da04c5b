// The rings of the test suite: unit needs nothing; integration and e2e share one local cluster; of each soak there are twenty
// seconds, afterwards and one at a time, on a cluster that has nothing else to do.
import { defineConfig } from 'vitest/config';

const onCluster = {
  globalSetup: ['test/support/global-setup.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'cluster',
          include: ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          ...onCluster,
        },
      },
      {
        test: {
          name: 'soak',
          include: ['test/soak/**/*.soak.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          ...onCluster,
        },
      },
    ],
  },
});
