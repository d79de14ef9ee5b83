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
        test: {
          name: 'unit',
          include: ['{apps,libs,bench}/**/src/**/*.spec.ts', 'tests/structure/**/*.test.ts'],
          // Most of a unit test's time was loading the same modules once more for each file.
          isolate: false,
          // Behind the integration tests, whose number of workers is another one: vitest does not mix them.
          sequence: { groupOrder: 1 },
        },
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
      {
        resolve,
        ssr,
        // What only time shows: its own run (`npm run test:soak`), nightly and before a release.
        test: { name: 'soak', include: ['tests/soak/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 120_000 },
      },
      {
        resolve,
        ssr,
        // What is deployed: its own run (`npm run test:deploy`), as it needs programs that `npm test` does without.
        test: {
          name: 'deploy',
          include: ['tests/deploy/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
