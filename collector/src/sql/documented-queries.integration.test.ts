/** The questions of docs/queries.md, each asked of a small ledger, with the answers that stand there. */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { chat, NOW_MS, type TestSpan } from '../test-road.ts';

const PAGE = readFileSync(new URL('../../../docs/queries.md', import.meta.url), 'utf8');

interface Documented {
  readonly question: string;
  readonly sql: string;
  /** A table in Markdown. */
  readonly answer: string;
}

const DOCUMENTED: readonly Documented[] = PAGE.split('\n## ')
  .slice(1)
  .map((section) => ({
    question: section.slice(0, section.indexOf('\n')),
    sql: /```sql\n(.*?)```/s.exec(section)?.[1] ?? '',
    answer: section
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .join('\n'),
  }));

const MINI = { 'gen_ai.request.model': 'gpt-4o-mini', 'gen_ai.response.model': 'gpt-4o-mini' };
const OWN = { 'gen_ai.request.model': 'our-own-7b', 'gen_ai.response.model': 'our-own-7b' };
const CACHED = { 'gen_ai.usage.cache_read.input_tokens': 1024 };
const SEARCH = { 'aicost.feature': 'search', 'user.id': 'ann' };
const CHAT = { 'aicost.feature': 'support-chat', 'user.id': 'bob' };
const below = (span: number) => ({ parentSpanId: (span + 1).toString(16).padStart(16, '0') });

/** A request whose agent makes two calls, the second again after a failure, and two requests of one call. */
const SPANS: readonly TestSpan[] = [
  {
    span: 0,
    attributes: { ...SEARCH, ...chat(3_200), 'gen_ai.operation.name': 'invoke_agent' },
    fields: { name: 'invoke_agent finder' },
  },
  { span: 1, attributes: { ...SEARCH, ...chat(1_200) }, fields: below(0) },
  {
    span: 2,
    attributes: { ...SEARCH, ...chat(2_000, CACHED), 'error.type': 'timeout' },
    fields: { ...below(0), status: { code: 2 } },
  },
  { span: 3, attributes: { ...CHAT, ...chat(40_000, MINI) }, fields: { name: 'chat gpt-4o-mini' } },
  { span: 4, attributes: { ...CHAT, ...chat(500, OWN) }, fields: { name: 'chat our-own-7b' } },
].map((one, at) => ({ ...one, trace: at < 3 ? 0 : at, startMs: NOW_MS + at }));

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
  await ledger.send(SPANS);
  await ledger.settle();
  // An hour later comes a call that the agent's request had made too.
  ledger.clockMs = NOW_MS + 3_600_000;
  const late = { span: 9, trace: 0, startMs: NOW_MS + 9, fields: below(0) };
  await ledger.send([{ ...late, attributes: { ...SEARCH, ...chat(4_000) } }]);
  ledger.open.releaseAll();
  await ledger.settle();
}, 120_000);
afterAll(() => ledger.remove());

it('are ten', () => {
  expect(DOCUMENTED).toHaveLength(10);
});

it.each(DOCUMENTED)('$question', async ({ sql, answer }) => {
  expect(sql).not.toBe('');
  const given = (await text(await ledger.store.raw(sql, 'Markdown'))).trim();
  expect(given).toBe(answer);
  // An answer of no rows would explain nothing.
  expect(given.split('\n').length).toBeGreaterThan(2);
});
