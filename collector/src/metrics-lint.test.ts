/** The rules of promlint (github.com/prometheus/client_golang, prometheus/testutil/promlint), for what we print. */
import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

const RESERVED = /_(bucket|count|sum)$/;
const NOT_BASE_UNITS =
  /(^|_)(seconds?|milliseconds?|microseconds?|minutes?|hours?|days?|weeks?|kilobytes?|megabytes?|bits|percent)(_|$)/;
const ABBREVIATED = /(^|_)(s|ms|us|ns|sec|b|kb|mb|gb|tb|pb|m|h|d)(_|$)/;

interface Family {
  help: string | undefined;
  type: string | undefined;
  samples: { name: string; labels: string[] }[];
}

const SAMPLE =
  /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (nan|[+-]?inf|[-+\d.e]+)$/i;

/** Reads text format 0.0.4 strictly. @throws at the first line that is none */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current: Family | undefined;
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment !== null) {
      const [, kind, name, rest] = comment as unknown as [string, string, string, string];
      current = families.get(name) ?? { help: undefined, type: undefined, samples: [] };
      families.set(name, current);
      if (kind === 'HELP') current.help = rest;
      else current.type = rest;
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (sample === null || current === undefined) throw new Error(`no sample: ${line}`);
    const labels = [...(sample[2] ?? '').matchAll(/([a-zA-Z_]\w*)="/g)].map(([, label]) => label!);
    current.samples.push({ name: sample[1]!, labels });
  }
  return families;
}

function judge(name: string, { help, type, samples }: Family): string[] {
  const wrong: string[] = [];
  if (!help) wrong.push('has no help');
  if (type === undefined) wrong.push('has no type');
  if ((type === 'counter') !== name.endsWith('_total')) wrong.push('_total is for counters');
  if (RESERVED.test(name)) wrong.push('ends as a series of a histogram');
  if (/_(counter|gauge|histogram|summary)(_|$)/.test(name)) wrong.push('names its type');
  if (/[A-Z:]/.test(name)) wrong.push('is not in snake_case');
  if (ABBREVIATED.test(name)) wrong.push('abbreviates its unit');
  const unit = NOT_BASE_UNITS.exec(name)?.[2];
  if (unit !== undefined && unit !== 'seconds') wrong.push(`counts ${unit}, which is no base unit`);
  for (const { name: series, labels } of samples) {
    const ending = type === 'histogram' ? series.slice(name.length) : '';
    if (series !== name + ending || (ending && !RESERVED.test(ending))) wrong.push(`has ${series}`);
    if (labels.includes('quantile') || (labels.includes('le') && ending !== '_bucket'))
      wrong.push(`${series} has a reserved label`);
    if (new Set(labels).size !== labels.length) wrong.push(`${series} repeats a label`);
  }
  return wrong.map((what) => `${name} ${what}`);
}

test('what /metrics prints is the text format, and follows the rules for names', async () => {
  const metrics = createMetrics(true);
  metrics.aicost_store_errors_total.inc({ call: 'query', code: 'a "quote", a \\ and\na line' });
  metrics.aicost_ack_seconds.observe({ stage: 'sync' }, 0.003);
  const families = parse(await metrics.registry.metrics());
  expect([...families].flatMap(([name, family]) => judge(name, family))).toEqual([]);
  expect(families.size).toBeGreaterThan(40);
});

test.for([
  ['aicost_wait_ms', 'gauge', 'abbreviates'],
  ['aicost_age_days', 'gauge', 'no base unit'],
  ['aicost_spans', 'counter', '_total'],
  ['aicost_handles_total', 'gauge', '_total'],
  ['aicost_wait_histogram', 'gauge', 'names its type'],
  ['aicost_wait_count', 'gauge', 'ends as'],
] as const)('the rules see what is wrong with %s', ([name, type, wrong]) => {
  expect(judge(name, { help: 'Help.', type, samples: [] }).join()).toContain(wrong);
});

test('what is no text format is no sample', () => {
  expect(() => parse('# TYPE a gauge\na{b="c"d"} 1')).toThrow('no sample');
  expect(() => parse('# TYPE a gauge\na one')).toThrow('no sample');
});
