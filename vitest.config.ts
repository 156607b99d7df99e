import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';
import { setTestEnvironment } from './test/test-environment.ts';

setTestEnvironment();

const APPLICATIONS = 'test/instrumentation/**/*.e2e.test.ts';

/**
 * Four projects, so that `npm run test:unit` stays fast: unit, integration (embedded engine), e2e (programs as people
 * start them), applications. Files of the first three share a process for each worker: to begin one and to load the
 * same modules took a tenth of all CPU time. Applications do not: they have OpenTelemetry's globals and their SDKs in
 * their own.
 */
export default defineConfig({
  test: {
    // Most wait for an engine or a process: with one worker for each of two cores they take half the time. A third
    // starves the engines, which have a lower priority: a demo waited for its bill for a minute.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          isolate: false,
          include: ['**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.integration.test.ts', '**/*.e2e.test.ts'],
          // On a loaded machine a second of work takes several.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          isolate: false,
          include: ['**/*.integration.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          isolate: false,
          include: ['**/*.e2e.test.ts'],
          exclude: ['**/node_modules/**', APPLICATIONS],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'applications',
          include: [APPLICATIONS],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
