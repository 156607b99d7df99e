/**
 * The order of test files: what takes long begins first, so that no worker is left alone with it at the end. On a fresh
 * clone nothing is known of durations, so the order does not hang on what an earlier run remembers.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Measured; a file that is not here comes after these, by its kind. */
const LONGEST: readonly string[] = [
  'test/kill/kill.e2e.test.ts',
  'test/examples/examples.e2e.test.ts',
  'test/verify.e2e.test.ts',
  'test/api/fences.e2e.test.ts',
  'test/backup.e2e.test.ts',
  'test/outage/outage.e2e.test.ts',
  'collector/src/retention/expire-spans.integration.test.ts',
  'collector/src/verify/verify-ledger.integration.test.ts',
  'collector/src/api/export-routes.integration.test.ts',
  'collector/src/erased-person.integration.test.ts',
  'collector/src/write/writer.integration.test.ts',
];
const KINDS: readonly string[] = ['e2e', 'applications', 'integration', 'unit'];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = await super.sort(files);
    return order.toSorted((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  const known = LONGEST.findIndex((path) => moduleId.endsWith(`/${path}`));
  return known === -1 ? LONGEST.length + KINDS.indexOf(project.name) : known;
}
