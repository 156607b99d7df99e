/** What the contract of Grafana's view of a trace refuses. */
import { expect, test } from 'vitest';
import type { Frame } from './frame.ts';
import { frameFaults } from './frame-contract.ts';

const TAGS = 'Array(Map(String, String))';
const TYPES: Readonly<Record<string, string>> = {
  traceID: 'String',
  spanID: 'String',
  parentSpanID: 'String',
  operationName: 'String',
  serviceName: 'LowCardinality(String)',
  serviceTags: TAGS,
  startTime: 'Int64',
  duration: 'Float64',
  tags: TAGS,
  statusCode: 'Int64',
};
const ROOT: Readonly<Record<string, unknown>> = {
  traceID: 't',
  spanID: 'a',
  parentSpanID: '',
  operationName: 'chat',
  serviceName: 'shop',
  serviceTags: [{ key: 'service.name', value: 'shop' }],
  startTime: '1790000000000',
  duration: 1234.5,
  tags: [],
  statusCode: '2',
};
const CHILD = { ...ROOT, spanID: 'b', parentSpanID: 'a', startTime: '1790000000001' };

function frameOf(rows: readonly object[], types: Readonly<Record<string, string>> = TYPES): Frame {
  const names = Object.keys(types);
  return {
    columns: names.map((name) => ({ name, type: types[name] ?? '' })),
    rows: rows.map((row) => names.map((name) => (row as Record<string, unknown>)[name])),
  };
}

test('a trace in order is one that can be shown, and so is none', () => {
  expect(frameFaults('traces', frameOf([ROOT, CHILD]))).toEqual([]);
  expect(frameFaults('traces', frameOf([]))).toEqual([]);
});

const { duration: _, ...withoutDuration } = TYPES;
test.for([
  ['no duration', frameOf([ROOT], withoutDuration), 'missing: duration'],
  ['seconds', frameOf([{ ...ROOT, startTime: '1790000000' }]), 'milliseconds since 1970'],
  [
    'nanoseconds',
    frameOf([{ ...ROOT, startTime: '1790000000000000000' }]),
    'milliseconds since 1970',
  ],
  ['a duration in nanoseconds', frameOf([{ ...ROOT, duration: 2e9 }]), 'not milliseconds'],
  ['a duration below nothing', frameOf([{ ...ROOT, duration: -1 }]), 'not milliseconds'],
  ['no known duration', frameOf([{ ...ROOT, duration: null }]), 'not milliseconds'],
  [
    'a start that is a date',
    frameOf([ROOT], { ...TYPES, startTime: "DateTime64(9, 'UTC')" }),
    'startTime is of type DateTime64',
  ],
  [
    'a duration that is a text',
    frameOf([ROOT], { ...TYPES, duration: 'String' }),
    'duration is of type String',
  ],
  [
    'tags as one map',
    frameOf([ROOT], { ...TYPES, tags: 'Map(String, String)' }),
    'tags is of type Map',
  ],
  [
    'tags as pairs',
    frameOf([{ ...ROOT, tags: [['cost.usd', '0.1']] }]),
    'not a list of {key, value}',
  ],
  [
    'tags of other names',
    frameOf([{ ...ROOT, serviceTags: [{ name: 'a', value: 'b' }] }]),
    'not a list of {key, value}',
  ],
  [
    'a tag that is no text',
    frameOf([{ ...ROOT, tags: [{ key: 'cost.usd', value: 0.1 }] }]),
    'not a list of {key, value}',
  ],
  ['the child first', frameOf([CHILD, ROOT]), 'not in order'],
  ['no id', frameOf([{ ...ROOT, spanID: '' }]), 'not a text that is not empty'],
  ['a span twice', frameOf([ROOT, ROOT]), 'a span twice'],
  ['two traces', frameOf([ROOT, { ...CHILD, traceID: 'u' }]), 'more than one trace'],
  ['a circle', frameOf([{ ...ROOT, parentSpanID: 'b' }, CHILD]), 'no span to begin with'],
  ['an unknown status', frameOf([{ ...ROOT, statusCode: '3' }]), 'not 0, 1 or 2'],
  [
    'another spelling',
    frameOf([{ ...ROOT, TraceID: 't' }], { ...TYPES, TraceID: 'String' }),
    'TraceID is nothing that the view reads',
  ],
] as const)('%s is found', ([, frame, fault]) => {
  expect(frameFaults('traces', frame).join('\n')).toContain(fault);
});
