import type { AddedToRequest } from '@ai-cost-profiler/core/added-request.ts';
import { Content } from '@ai-cost-profiler/core/content.ts';
import { type DiagLogger, diag } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { originOf } from './call-origin.ts';
import { ChatReader } from './chat.ts';
import { UsageRequests } from './usage-request.ts';

const body = { model: 'm', stream: true };

function readerOf(baseURL: string): ChatReader {
  return new ChatReader({ body, origin: originOf({ baseURL }), content: new Content({}) }, 'chat');
}

/** What is added to a stream that is asked for at this URL; undefined where nothing is. */
function addedBy(requests: UsageRequests, baseURL: string): AddedToRequest | undefined {
  const reader = readerOf(baseURL);
  const call = { path: '/chat/completions', request: { body }, client: { baseURL } };
  return requests.requestFor(call, reader).added;
}

/** Whether the request is sent again without. */
function isSentAgain(added: AddedToRequest | undefined, status: number, text?: string): boolean {
  return added?.isRefusal(status) === true && added.mayBeRefused(status, text);
}

const NAMED = 'Unrecognized request argument supplied: stream_options';
const SERVER = 'http://127.0.0.1:1234/v1';

describe('a request for usage', () => {
  test.for([
    ['400 that names it', 400, NAMED, true, true],
    ['422 that names it', 422, 'include_usage: extra fields not permitted', true, true],
    ['404 that names it', 404, NAMED, true, true],
    ['400 that says nothing', 400, 'Bad request', true, false],
    ['422 that says nothing', 422, '', true, false],
    ['400 of which the text cannot be read', 400, undefined, true, false],
    ['404 that says nothing', 404, 'no such model', false, false],
    ['401', 401, NAMED, false, false],
    ['429', 429, NAMED, false, false],
    ['500', 500, NAMED, false, false],
    ['501', 501, '', false, false],
    ['503', 503, '', false, false],
  ] as const)(
    'that has a %s is sent again without: status %i, text %s, at first %s, once it was taken %s',
    ([, status, text, atFirst, onceTaken]) => {
      const requests = new UsageRequests();
      expect(isSentAgain(addedBy(requests, SERVER), status, text)).toBe(atFirst);
      addedBy(requests, SERVER)?.taken();
      expect(isSentAgain(addedBy(requests, SERVER), status, text)).toBe(onceTaken);
    },
  );

  test('to OpenAI, which is known to take it, is not doubted for an error that does not name it', () => {
    const added = addedBy(new UsageRequests(), 'https://api.openai.com/v1');
    expect(isSentAgain(added, 400, 'Bad request')).toBe(false);
    expect(isSentAgain(added, 400, NAMED)).toBe(true);
  });
});

test('OpenRouter, which tells the usage of each stream unasked, is not asked, and what it tells is not hidden', () => {
  const baseURL = 'https://openrouter.ai/api/v1';
  const reader = readerOf(baseURL);
  const call = { path: '/chat/completions', request: { body }, client: { baseURL } };
  expect(new UsageRequests().requestFor(call, reader)).toEqual({ request: { body } });
  expect(reader.readChunk({ choices: [], usage: { prompt_tokens: 5 } })).toBeUndefined();
  expect(reader.readStreamed().usage).toMatchObject({ inputTokens: 5 });
});

describe('a server that refused it', () => {
  const warn = vi.fn();
  beforeEach(() => {
    const logger: DiagLogger = { error: warn, warn, info: warn, debug: warn, verbose: warn };
    diag.setLogger(logger, { suppressOverrideMessage: true });
  });
  afterEach(() => diag.disable());

  test('is not asked again, which is said once, without the secrets of its URL', () => {
    const requests = new UsageRequests();
    const url = 'http://key:secret@refusing.example/v1';
    for (const added of [addedBy(requests, url), addedBy(requests, SERVER)])
      expect(added).toBeDefined();
    addedBy(requests, url)?.refused();
    addedBy(new UsageRequests(), url)?.refused();
    expect(addedBy(requests, url)).toBeUndefined();
    expect(addedBy(requests, SERVER)).toBeDefined();
    const warned = warn.mock.calls.map((words) => words.join(' '));
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain('refusing.example refuses stream_options.include_usage');
    expect(warned[0]).not.toContain('secret');
  });
});
