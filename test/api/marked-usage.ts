/** One record of each signal of OTLP that would be kept, of a service with a name of its own. */
import type { Signal } from '../otlp/conformance-case.ts';

const START_NS = '1787227200000000000';
const END_NS = '1787227201000000000';

const attributesOf = (values: Readonly<Record<string, string | number>>) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));

/** A span of a call, the log event of one, or a count of tokens, as OTLP/JSON has them. */
export function usageOf(signal: Signal, service: string): object {
  const resource = { attributes: attributesOf({ 'service.name': service }) };
  switch (signal) {
    case 'traces':
      return { resourceSpans: [{ resource, scopeSpans: [{ spans: [SPAN] }] }] };
    case 'logs':
      return { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [logOf(service)] }] }] };
    case 'metrics':
      return { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [METRIC] }] }] };
  }
}

const SPAN = {
  traceId: '5'.repeat(32),
  spanId: '5'.repeat(16),
  name: 'chat',
  startTimeUnixNano: START_NS,
  endTimeUnixNano: END_NS,
  attributes: attributesOf({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.output_tokens': 500,
  }),
};

const logOf = (session: string) => ({
  timeUnixNano: START_NS,
  observedTimeUnixNano: START_NS,
  body: { stringValue: 'claude_code.api_request' },
  attributes: attributesOf({
    'event.name': 'api_request',
    'event.sequence': 1,
    'session.id': session,
    model: 'claude-sonnet-4-5',
    input_tokens: '1000',
    output_tokens: '200',
    cache_read_tokens: '400',
    cache_creation_tokens: '0',
  }),
});

const METRIC = {
  name: 'claude_code.token.usage',
  unit: 'tokens',
  sum: {
    dataPoints: [
      {
        startTimeUnixNano: START_NS,
        timeUnixNano: END_NS,
        asInt: '1000',
        attributes: attributesOf({ type: 'input', model: 'claude-sonnet-4-5' }),
      },
    ],
    aggregationTemporality: 1,
    isMonotonic: true,
  },
};
