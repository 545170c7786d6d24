import { defineConfig } from 'vitest/config';

/** Real browsers, processes, packed tarballs and servers that are broken on purpose: slower than all else, and not beside each other. */
const slow = ['test/e2e/**/*.test.ts', 'test/faults/**/*.test.ts', 'test/repo/**/*.test.ts'];

export default defineConfig({
  test: {
    allowOnly: false,
    maxWorkers: 2,
    globalSetup: 'test/servers/global-setup.ts',
    projects: [
      {
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: slow,
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'whole',
          include: slow,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
