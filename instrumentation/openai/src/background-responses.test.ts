import { AsyncLocalStorage } from 'node:async_hooks';
import { currentAttribution, withAttribution } from '@ai-cost-profiler/core/attribution.ts';
import { startTracing, type TestTracing } from '@ai-cost-profiler/core/test-tracing.ts';
import { context, trace } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BackgroundResponses, WhereAsked } from './background-responses.ts';

const queued = { id: 'r', background: true, status: 'queued', usage: null };
const done = { id: 'r', background: true, status: 'completed', usage: {} };

let tracing: TestTracing;
beforeEach(() => {
  tracing = startTracing();
});
afterEach(() => {
  tracing.stop();
  vi.useRealTimers();
});

/** Somewhere with an attribution and a span of its own; the id of that span. */
function somewhere<Result>(user: string, work: () => Result): { spanId: string; done: Result } {
  const span = trace.getTracer('test').startSpan(user);
  const there = trace.setSpan(context.active(), span);
  const done = context.with(there, () => withAttribution({ user }, work));
  return { spanId: span.spanContext().spanId, done };
}
const askedBy = (user: string) => somewhere(user, () => new WhereAsked());
/** Where the usage of a response is told that is fetched by somebody in a session; undefined where it is not. */
const toldOf = (responses: BackgroundResponses, response: object) =>
  somewhere('fetched', () =>
    withAttribution({ session: 's' }, () =>
      responses.takeFetched(response)?.(() => ({
        attribution: currentAttribution(),
        spanId: trace.getSpan(context.active())?.spanContext().spanId,
      })),
    ),
  );

test('a response that was asked for is told where it was asked for, once, and is attributed to nobody else', () => {
  const responses = new BackgroundResponses();
  const { spanId, done: asked } = askedBy('asked');
  responses.note(queued, asked);
  expect(responses.takeFetched(queued)).toBeUndefined();
  expect(toldOf(responses, done).done).toEqual({ attribution: { user: 'asked' }, spanId });
  expect(responses.takeFetched(done)).toBeUndefined();
});

test('a response that nobody was named for is told for nobody, in a trace of its own', () => {
  const responses = new BackgroundResponses();
  responses.note(queued, new WhereAsked());
  expect(toldOf(responses, done).done).toEqual({ attribution: {}, spanId: undefined });
});

test('a response of another process is told where it is fetched', () => {
  const { spanId, done: told } = toldOf(new BackgroundResponses(), done);
  expect(told).toEqual({ attribution: { user: 'fetched', session: 's' }, spanId });
});

test('what its stream told is not told again', () => {
  const responses = new BackgroundResponses();
  responses.note(queued, askedBy('asked').done);
  responses.note(done, undefined);
  expect(responses.takeFetched(done)).toBeUndefined();
});

test('nothing else of what holds where it was asked for is kept', () => {
  const request = new AsyncLocalStorage<string>();
  const asked = request.run('a whole request', () => new WhereAsked());
  expect(asked.within(() => request.getStore())).toBeUndefined();
});

test('who asked is forgotten after a day, and the oldest of many before', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const responses = new BackgroundResponses();
  const attributionOf = (id: string) => toldOf(responses, { ...done, id }).done?.attribution;
  responses.note({ ...queued, id: 'old' }, askedBy('early').done);
  vi.advanceTimersByTime(12 * 3_600_000);
  responses.note({ ...queued, id: 'new' }, askedBy('late').done);
  vi.advanceTimersByTime(12 * 3_600_000);
  expect(attributionOf('old')).toEqual({ user: 'fetched', session: 's' });
  expect(attributionOf('new')).toEqual({ user: 'late' });
  const { done: asked } = askedBy('one of many');
  for (let i = 0; i <= 10_000; i += 1) responses.note({ ...queued, id: `r-${i}` }, asked);
  expect(attributionOf('r-0')).toEqual({ user: 'fetched', session: 's' });
  expect(attributionOf('r-1')).toEqual({ user: 'one of many' });
});

test.for([
  ['in the foreground', { ...done, background: false }],
  ['without an id', { ...done, id: undefined }],
  ['that has not ended', queued],
] as const)('a response %s is not told', ([, response]) => {
  const responses = new BackgroundResponses();
  responses.note(response, undefined);
  expect(responses.takeFetched(response)).toBeUndefined();
});
