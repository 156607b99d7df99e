import { expect, test } from 'vitest';
import type { MetricSpec } from './metric-spec.ts';
import { createMetrics, METRICS } from './metrics.ts';

test('every declared metric is in the registry, and nothing else', async () => {
  const names = (await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name);
  expect(names).toEqual(Object.keys(METRICS));
});

test.for(Object.entries<MetricSpec>(METRICS))('%s is named as Prometheus asks', ([name, spec]) => {
  expect(name).toMatch(/^aicost_[a-z_]+$/);
  expect(name.endsWith('_total')).toBe(spec.kind === 'counter');
  expect(spec.sentence).toMatch(/^[A-Z].*\.$/);
  expect(spec.labels).not.toContain('tenant');
});

test('two registries share nothing', async () => {
  const [a, b] = [createMetrics(), createMetrics()];
  a.aicost_spans_received_total.inc(3);
  expect((await b.aicost_spans_received_total.get()).values[0]?.value).toBe(0);
});
