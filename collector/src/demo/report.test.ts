import { expect, test } from 'vitest';
import { factsOf } from './demo-facts.ts';
import { reportText } from './report.ts';
import { createScenario } from './scenario.ts';

const REPORT = {
  runId: 'a1b2c3d4',
  url: 'http://collector:4318',
  facts: factsOf(createScenario(7, 'any')),
  tookMs: 1000,
  byModel: '',
  byFeature: '',
  totals: { totals: { cost_low_usd: '1', cost_high_usd: '1' } },
  unpriced: { rows: [], totals: { calls: 0 } },
  options: '',
  keyFile: '/run/aicost/demo.key',
};

test('SQL is shown where it is answered, and not where nobody knows that it is', () => {
  const known = reportText({ ...REPORT, sqlUrl: 'http://127.0.0.1:8123' });
  expect(known).toContain('curl -u "aicost:$(cat /run/aicost/demo.key)" http://127.0.0.1:8123 ');
  const unknown = reportText({ ...REPORT, sqlUrl: null });
  expect(unknown).not.toMatch(/SQL|curl/);
  expect(unknown).toContain('http://collector:4318/');
});
