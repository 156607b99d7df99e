/** Which failed calls nobody billed, and which may have been. */
import { expect, test } from 'vitest';
import { normaliseRequest } from './fixture.ts';

type Told = Readonly<Record<string, string | number>>;

const listOf = (told: Told) =>
  Object.entries(told).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));

/** `role reason`, or why its cost is unknown, of a failed call with these attributes and this exception. */
function placeOf(told: Told, exception: Told = {}, provider = 'openai'): string {
  const call = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': provider,
    'gen_ai.request.model': 'gpt-4o',
  };
  const span = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: '0000000000000001',
    name: 'chat',
    startTimeUnixNano: '1787227200000000000',
    endTimeUnixNano: '1787227201500000000',
    status: { code: 2 },
    attributes: listOf({ ...call, ...told }),
    events: [{ name: 'exception', attributes: listOf(exception) }],
  };
  const request = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
  const [placed] = normaliseRequest(Buffer.from(JSON.stringify(request)));
  return placed!.role === 'leaf' ? `unknown: ${placed!.missingUsageReason}` : placed!.roleReason;
}

const refused = (status: number) => `refused, nothing is billed: ${status}`;
const UNKNOWN = 'unknown: error';

test.for<[what: Told, place: string]>([
  [{ 'error.type': '429' }, refused(429)],
  [{ 'error.type': 'RateLimitError' }, refused(429)],
  [{ 'error.type': 'openai.AuthenticationError' }, refused(401)],
  [{ 'error.type': 'ThrottlingException' }, refused(429)],
  [{ 'error.type': 'rate_limit_exceeded' }, refused(429)],
  [{ 'http.response.status_code': 400 }, refused(400)],
  [{ 'litellm.provider.error.code': '404' }, refused(404)],
  [{ 'error.type': '500' }, UNKNOWN],
  [{ 'error.type': 'overloaded_error' }, UNKNOWN],
  [{ 'error.type': 'timeout' }, UNKNOWN],
  [{ 'error.type': 'APIConnectionError' }, UNKNOWN],
  [{ 'error.type': '408' }, UNKNOWN],
  [{ 'error.type': '499' }, UNKNOWN],
  [{}, UNKNOWN],
])('%j: %s', ([told, place]) => {
  expect(placeOf(told)).toBe(place);
});

test.for<[exception: Told, place: string]>([
  [{ 'exception.type': 'openai.BadRequestError' }, refused(400)],
  [{ 'exception.type': 'Error', 'exception.message': '400 {"error":{}}' }, refused(400)],
  [{ 'exception.message': 'Error code: 429 - {}' }, refused(429)],
  [{ 'exception.message': 'the answer 429 is not a status' }, UNKNOWN],
  [{ 'exception.type': 'ReadTimeout' }, UNKNOWN],
])('the exception %j: %s', ([exception, place]) => {
  expect(placeOf({}, exception)).toBe(place);
});

test.for<[provider: string, status: string, place: string]>([
  ['azure.ai.openai', '400', UNKNOWN],
  ['azure.ai.openai', '429', refused(429)],
  ['gcp.vertex_ai', '500', refused(500)],
  ['gcp.gemini', '503', refused(503)],
  ['anthropic', '529', UNKNOWN],
])('%s that answers %s: %s', ([provider, status, place]) => {
  expect(placeOf({ 'error.type': status }, {}, provider)).toBe(place);
});

test('a failed call that reports usage is billed for it', () => {
  const usage = { 'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.output_tokens': 3 };
  expect(placeOf({ ...usage, 'error.type': '429' })).toBe('unknown: ');
});
