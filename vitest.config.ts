// The rings of the test suite: unit needs nothing; integration, e2e and twenty seconds of each soak share one local cluster.
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
          include: ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/soak/**/*.soak.test.ts'],
          ...onCluster,
        },
      },
    ],
  },
});
