/** Spans of a small company: what the panels look for occurs in them, names that want to end a query too. */
import { chat, requestOf, type TestSpan } from '@ai-cost-profiler/collector/test-road.ts';

const MINUTE_MS = 60_000;
const MINI = { 'gen_ai.request.model': 'gpt-4o-mini', 'gen_ai.response.model': 'gpt-4o-mini' };
const OWN = { 'gen_ai.request.model': 'our-own-7b', 'gen_ai.response.model': 'our-own-7b' };
const CACHED = { 'gen_ai.usage.cache_read.input_tokens': 1_024 };
const SEARCH = { 'aicost.feature': 'search', 'user.id': 'ann', 'session.id': 's-1' };
export const HOSTILE = "o'brien\\' OR 1=1 --";
const ODD = { 'aicost.feature': HOSTILE, 'user.id': HOSTILE, 'session.id': 's-2' };
const MESSAGES = JSON.stringify([
  { role: 'user', parts: [{ type: 'text', content: 'What is the price of a word? '.repeat(40) }] },
]);
const below = (span: number) => ({ parentSpanId: (span + 1).toString(16).padStart(16, '0') });

/** One call. */
export const oneSpan = (startMs: number): readonly TestSpan[] => [
  { span: 100, startMs, attributes: { ...SEARCH, ...chat(1_000) } },
];

/** Traces of the last two hours before an instant: agents, tools, retries, errors, caches, calls without a price. */
export function smallLedger(nowMs: number): readonly TestSpan[] {
  const ago = (minutes: number): number => nowMs - minutes * MINUTE_MS;
  const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'finder' };
  const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'look_up' };
  const failed = { 'error.type': 'timeout' };
  const prompt = { 'gen_ai.input.messages': MESSAGES, 'gen_ai.prompt.name': 'greeting' };
  const cut = { 'gen_ai.response.finish_reasons': '["length"]' };
  return [
    {
      span: 0,
      trace: 0,
      startMs: ago(100),
      attributes: { ...SEARCH, ...chat(7_200), ...agent },
      fields: { name: 'invoke_agent finder' },
    },
    {
      span: 1,
      trace: 0,
      startMs: ago(99),
      attributes: { ...SEARCH, ...chat(1_200) },
      fields: below(0),
    },
    {
      span: 2,
      trace: 0,
      startMs: ago(98),
      attributes: { ...SEARCH, ...chat(2_000, CACHED), ...failed },
      fields: { ...below(0), status: { code: 2 } },
    },
    {
      span: 3,
      trace: 0,
      startMs: ago(97),
      attributes: { ...SEARCH, ...chat(2_000, CACHED) },
      fields: below(0),
    },
    {
      span: 4,
      trace: 0,
      startMs: ago(96),
      attributes: { ...SEARCH, ...tool },
      fields: { ...below(0), name: 'execute_tool look_up' },
    },
    {
      span: 5,
      trace: 0,
      startMs: ago(95),
      attributes: { ...SEARCH, ...chat(2_000, MINI) },
      fields: below(4),
    },
    {
      span: 6,
      startMs: ago(61),
      attributes: { ...ODD, ...chat(40_000, MINI), ...cut },
      fields: { name: HOSTILE },
    },
    {
      span: 7,
      startMs: ago(31),
      attributes: { ...ODD, ...chat(500, OWN) },
      fields: { name: 'chat our-own-7b' },
    },
    {
      span: 8,
      startMs: ago(2),
      attributes: chat(3_000),
      fields: { droppedAttributesCount: 3 },
    },
    // A call that tells no usage.
    {
      span: 11,
      startMs: ago(20),
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' },
    },
    // A stream that was left before it told what it used.
    {
      span: 17,
      startMs: ago(19),
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.response.finish_reasons': '["abandoned"]',
      },
    },
    // The same prompt twice.
    { span: 14, startMs: ago(17), attributes: { ...SEARCH, ...chat(600), ...prompt } },
    { span: 15, startMs: ago(16), attributes: { ...SEARCH, ...chat(600), ...prompt } },
    // In the last second of an hour, which a range ends in that is typed in or called a day.
    {
      span: 16,
      startMs: Math.floor(nowMs / 3_600_000) * 3_600_000 - 400,
      attributes: { ...SEARCH, ...chat(110) },
    },
    // Right before a whole hour.
    {
      span: 10,
      startMs: Math.floor(nowMs / 3_600_000) * 3_600_000 - 30_000,
      attributes: { ...SEARCH, ...chat(700) },
    },
    // The hour before the last two, for changes.
    { span: 9, startMs: ago(170), attributes: { ...SEARCH, ...chat(900) } },
  ];
}

/** As our own instrumentation sends: a call that was told its cost, and a tool that costs money itself. */
export function ownRequest(nowMs: number): Uint8Array {
  const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'look_up' };
  const spans = [
    { span: 12, attributes: { ...SEARCH, ...chat(800), 'aicost.cost_usd': '0.01' } },
    { span: 13, attributes: { ...SEARCH, ...tool, 'aicost.cost_usd': '0.002' } },
  ];
  const text = Buffer.from(
    requestOf(spans.map((one) => ({ ...one, startMs: nowMs - 20 * MINUTE_MS }))),
  );
  const scope = { name: '@ai-cost-profiler/core' };
  return Buffer.from(
    text.toString().replace('"scopeSpans":[{', `"scopeSpans":[{"scope":${JSON.stringify(scope)},`),
  );
}

/** Two minutes of a collector that refused a request and tried a batch again. */
const healthRows = (nowMs: number): object[] =>
  [2, 1].map((minutes) => ({
    writer_id: 'w',
    host_name: 'box',
    started_at: new Date(nowMs - 10 * MINUTE_MS).toISOString(),
    time: new Date(nowMs - minutes * MINUTE_MS).toISOString(),
    ...{ journal_bytes: 5_000, journal_oldest_seconds: 2, write_failing_seconds: 0 },
    ...{ process_resident_memory_bytes: 2e8, engine_resident_memory_bytes: 6e8 },
    ...{ nodejs_heap_size_used_bytes: 5e7, otlp_held_bytes: 0, write_lag_seconds: 0.2 },
    journal_segments: { open: 1, sealed: 0, poison: 0, damaged: 0 },
    write_batches_total: { written: 9, retried: 3 - minutes },
    otlp_requests_total: { traces: 90 - minutes },
    otlp_requests_refused_total: { rate_limited: 3 - minutes },
    spans_accepted_total: 900 - minutes,
    spans_duplicate_total: 4,
    spans_refused_total: { bad_id: 3 - minutes },
  }));

/** What senders counted themselves, a webhook that was asked, a budget, a collector: no span tells of these. */
export const besideSpans = (nowMs: number) => {
  const time = new Date(nowMs - MINUTE_MS).toISOString();
  const total = { tenant: 'acme', metric: 'claude_code.token.usage', unit: 'tokens', value: 5 };
  const delivery = { tenant: 'acme', webhook_id: 'w', message_id: 'm', attempt: 1 };
  return {
    control_totals: [
      { ...total, service: 'cli', temporality: 'delta', start_time: time, time, received_at: time },
    ],
    alerts: [
      {
        ...{ tenant: 'acme', message_id: 'm', alert_id: 'a', budget_id: 'b', budget_name: 'team' },
        ...{ event: 'fired', state: 'warning', reason: 'reached', amount_usd: '10', at: time },
        recorded_at: time,
      },
    ],
    webhook_attempts: [{ ...delivery, outcome: 'delivered', status: 200, recorded_at: time }],
    budget_status: [
      {
        ...{ tenant: 'acme', budget_id: 'b', budget_name: 'team', amount_usd: '10', calls: 3 },
        ...{ spent_usd: '12.5', remaining_usd: '-2.5', state: 'exceeded', at: time },
        recorded_at: time,
      },
    ],
    collector_health: healthRows(nowMs),
  };
};
