/**
 * What went wrong elsewhere, one thread a row: the counts that were added up there, and those that are billed here.
 * `naive` is the sum over every span that reports usage; `billed` is the sum over leaves.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Call } from './call.ts';
import { normaliseRequest } from './fixture.ts';

function readCalls(fixture: string): Call[] {
  const path = join(import.meta.dirname, 'fixtures', `${fixture}.otlp.json`);
  return normaliseRequest(readFileSync(path)).filter((call) => call !== undefined);
}

function sumOf(calls: readonly Call[]): string {
  const sum = (read: (call: Call) => bigint | undefined) =>
    calls.reduce((total, call) => total + (read(call) ?? 0n), 0n);
  return `${sum(({ usage }) => usage?.inputTokens)} in, ${sum(({ usage }) => usage?.outputTokens)} out`;
}

describe('a span that repeats what others used is not billed', () => {
  test.for<[thread: string, fixture: string, naive: string, billed: string]>([
    [
      'pydantic-ai #3995: 56+5 and 57+6, and a run of 113+11 under the same names',
      'pydantic-ai/v1-agent-run',
      '226 in, 22 out',
      '113 in, 11 out',
    ],
    [
      'pydantic-ai PR #8456: the same run under gen_ai.aggregated_usage',
      'pydantic-ai/v2-agent-run',
      '226 in, 22 out',
      '113 in, 11 out',
    ],
    [
      'Logfire, Claude Agent SDK: the run is the truth, its chats are partial',
      'pydantic-ai/logfire-claude-agent-sdk',
      '31 in, 10 out',
      '31 in, 10 out',
    ],
    [
      'harness-sdk #1267: container and leaf both counted',
      'strands/agent-accumulates',
      '4400 in, 180 out',
      '2200 in, 90 out',
    ],
    [
      'harness-sdk #3602: the agent span grows with each invocation',
      'strands/agent-span-grows-3602',
      '600 in, 60 out',
      '250 in, 25 out',
    ],
    [
      'the same, recorded: Anthropic counts, which held no cache tokens then',
      'strands/v1-53-anthropic',
      '8136 in, 130 out',
      '3562 in, 50 out',
    ],
    [
      'the same calls by the release that adds the cache to the input',
      'strands/v1-62-anthropic',
      '8136 in, 130 out',
      '3562 in, 50 out',
    ],
    [
      'agent-framework #1320, PR #4739: invoke_agent holds the sum of its calls',
      'microsoft/agent-framework',
      '9616 in, 582 out',
      '4808 in, 291 out',
    ],
    [
      'sentry-javascript #21484: agent and client spans both counted',
      'sentry/vercel-ai-agent',
      '2024 in, 40 out',
      '1012 in, 20 out',
    ],
    [
      'Genkit: generate repeats the output of the model within',
      'genkit/thoughts-beside-output',
      '1000 in, 200 out',
      '500 in, 100 out',
    ],
    [
      'LangSmith: a chain repeats its model, a prompt is called chat',
      'langsmith/python-dict-repr',
      '75388 in, 40 out',
      '37694 in, 20 out',
    ],
    [
      'Laminar: virtual spans carry metadata only',
      'laminar/cache-writes-by-ttl',
      '2224 in, 100 out',
      '1112 in, 50 out',
    ],
    ['AgentOps: an agent repeats its calls', 'agentops/kinds', '40 in, 20 out', '20 in, 10 out'],
  ])('%s', ([, fixture, naive, billed]) => {
    const calls = readCalls(fixture);
    expect(sumOf(calls)).toBe(naive);
    expect(sumOf(calls.filter(({ role }) => role === 'leaf'))).toBe(billed);
  });
});

describe('tokens that stand within others are not added to them', () => {
  test.for<[thread: string, fixture: string, billed: string]>([
    [
      'langfuse #12306: 260 421 instead of 130 213',
      'pydantic-ai/input-holds-cache-12306',
      '130213 in, 100 out',
    ],
    [
      'braintrust-py PR #504: 37 694 reported as 75 387',
      'langsmith/python-dict-repr',
      '37694 in, 20 out',
    ],
    [
      'langsmith-sdk PR #2519: the uncached part clamped at 0',
      'langsmith/exclusive-counts-are-not-clamped',
      '37694 in, 20 out',
    ],
    [
      'adk-python #1668: the output is the total',
      'google-adk/v1-7-output-is-total',
      '500 in, 100 out',
    ],
    [
      'langfuse #16489: details of pydantic-ai are summed',
      'pydantic-ai/v2-agent-run-anthropic',
      '2070 in, 50 out',
    ],
  ])('%s', ([, fixture, billed]) => {
    expect(sumOf(readCalls(fixture).filter(({ role }) => role === 'leaf'))).toBe(billed);
  });
});
