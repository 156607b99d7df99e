import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test } from 'vitest';
import { BackgroundResponses, whereAsked } from './background-responses.ts';

const queued = { id: 'r', background: true, status: 'queued', usage: null };
const done = { id: 'r', background: true, status: 'completed', usage: {} };
const here = new AsyncLocalStorage<string>();

test('a response that was asked for is told where it was asked for, once', () => {
  const responses = new BackgroundResponses();
  const asked = here.run('asked', whereAsked);
  responses.note(queued, asked);
  expect(responses.takeFetched(queued)).toBeUndefined();
  const told = here.run('fetched', () => responses.takeFetched(done)?.(() => here.getStore()));
  expect(told).toBe('asked');
  expect(responses.takeFetched(done)).toBeUndefined();
});

test('a response of another process is told where it is fetched', () => {
  const responses = new BackgroundResponses();
  const told = here.run('fetched', () => responses.takeFetched(done)?.(() => here.getStore()));
  expect(told).toBe('fetched');
});

test('what its stream told is not told again', () => {
  const responses = new BackgroundResponses();
  responses.note(queued, here.run('asked', whereAsked));
  responses.note(done, undefined);
  expect(responses.takeFetched(done)).toBeUndefined();
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
