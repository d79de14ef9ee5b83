import { defineConfig } from 'vitest/config';

// `development` makes workspace imports resolve to src, so that tests need no build.
const resolve = { conditions: ['development', 'node', 'default'] };
const ssr = { resolve };

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: { name: 'unit', include: ['{apps,libs,bench}/**/src/**/*.spec.ts', 'tests/structure/**/*.test.ts'] },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'integration',
          include: ['tests/{e2e,integrity,chaos}/**/*.test.ts'],
          globalSetup: ['tests/servers.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Every test file starts processes of its own on two cores: more at once only wait for each other.
          maxWorkers: 2,
        },
      },
    ],
  },
});
