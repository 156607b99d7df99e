import { describe, expect, it, test } from 'vitest';
import { type Call, NOBODY } from '../normalise/call.ts';
import { responseName, viewsOfOneResponse } from './response-identity.ts';

test.for([
  'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
  'resp_68af4030592c81938ec0a5fbab4a3e9f05438e46b5f69a3b',
  'msg_01XFDUDYJgAACzvnptvVoYEL',
  'req_011CSHoEeqs5C35K2UUqR7Fy',
  'gen-1787227200-kQ7wXz3LrVb2nTfY9aHd',
  '6be75db7-a7ea-4a4a-b5bb-ba0aa1a44bd0',
  'cmpl-e5cc70bb28c444948073e77776eb30ef',
  'xPyraKXQJMvaqtsP5u6A8QQ',
  'xPyraKXQJMvaqtsPuAQQ',
])('%s tells one response from all others', (id) => {
  expect(responseName(view('t1', id, 5n).call)).toContain(id);
});

test.for([
  '',
  '0',
  '-1',
  'null',
  'unknown',
  'response',
  'chatcmpl',
  'chatcmpl-',
  'chatcmpl-0',
  'chatcmpl-123',
  'chatcmpl-999',
  'cmpl-00000000000000000000',
  'msg_1',
  '1111111111111111',
  'local-model-response',
])('%j does not', (id) => {
  expect(responseName(view('t1', id, 5n).call)).toBeUndefined();
});

function view(traceId: string, responseId: string, output: bigint, changed: Partial<Call> = {}) {
  const call: Call = {
    dialect: 'otel_genai',
    operation: 'chat',
    role: 'leaf',
    roleReason: '',
    provider: 'aws.bedrock',
    requestModel: 'a-model',
    responseModel: '',
    responseId,
    usage: {
      buckets: { in_uncached: 10n, out_text: output },
      inputTokens: 10n,
      outputTokens: output,
      semantics: 'inclusive',
      evidence: '',
    },
    missingUsageReason: '',
    reportedAtto: undefined,
    context: {},
    attribution: NOBODY,
    ...changed,
  };
  return { traceId, service: 'app', scopeName: 'sdk', call };
}

const SURE = '6be75db7-a7ea-4a4a-b5bb-ba0aa1a44bd0';
const sizes = (views: ReturnType<typeof view>[]) =>
  viewsOfOneResponse(views).map(({ length }) => length);

describe('calls with one response id', () => {
  it('are views of one response wherever they are seen, if the id identifies', () => {
    expect(sizes([view('t1', SURE, 5n), view('t2', SURE, 5n)])).toEqual([2]);
  });

  it('of two emitters are so whatever tokens each tells', () => {
    const gateway = { ...view('t2', SURE, 7n), service: 'gateway' };
    expect(sizes([view('t1', SURE, 5n), gateway])).toEqual([2]);
  });

  it('of one emitter that tells other tokens are two: it repeats its ids', () => {
    expect(sizes([view('t1', SURE, 5n), view('t1', SURE, 6n)])).toEqual([1, 1]);
  });

  it('of two traces are two where the id does not identify', () => {
    expect(sizes([view('t1', 'chatcmpl-123', 5n), view('t2', 'chatcmpl-123', 5n)])).toEqual([1, 1]);
  });

  it('of one trace that agree in all else are one, whatever the id is', () => {
    expect(sizes([view('t1', 'chatcmpl-123', 5n), view('t1', 'chatcmpl-123', 5n)])).toEqual([2]);
    const other = view('t1', 'chatcmpl-123', 5n, { requestModel: 'another' });
    expect(sizes([view('t1', 'chatcmpl-123', 5n), other])).toEqual([1, 1]);
  });

  it('are none without an id', () => {
    expect(sizes([view('t1', '', 5n), view('t1', '', 5n)])).toEqual([]);
  });
});
