/** Content and entries that expire, on the real engine: what verify and settle look at stays as it is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { chat, type TestSpan } from '../test-road.ts';
import { DAY_MS, KEEP_ALL, TestRetention } from './test-retention.ts';

/** The day that is to expire. */
const DAY = '2026-08-20';
const QUESTION = 'What did the patient say?';
const id = (span: number) => (span + 1).toString(16).padStart(16, '0');

let ledger: TestLedger;
let retention: TestRetention;
beforeAll(async () => {
  ledger = await openTestLedger();
  retention = new TestRetention(ledger);
  ledger.isContentStored = true;
  for (const tenant of ['acme', 'open', 'brief']) await ledger.send(spans(), tenant);
  await settleLater();
  retention.kept.set('acme', { ...KEEP_ALL, content: 30 });
  retention.kept.set('brief', { spans: 60, content: null, ledger: 60 });
}, 120_000);
afterAll(() => ledger.remove());

const settleLater = () => retention.settleLater();

/** A call with its prompt, the answer in an event, a long error, and what is no content. */
function spans(): TestSpan[] {
  const message = { key: 'gen_ai.completion', value: { stringValue: 'a secret' } };
  const events = [{ timeUnixNano: '5', name: 'gen_ai.content.completion', attributes: [message] }];
  return [
    {
      span: 1,
      attributes: chat(1000, {
        'gen_ai.input.messages': QUESTION,
        'gen_ai.prompt.name': 'triage',
        'http.url': 'x'.repeat(300),
        'user.id': 'ann',
      }),
      fields: { events, status: { code: 2, message: 'y'.repeat(300) } },
    },
    { span: 2, trace: 1, attributes: chat(500), fields: { parentSpanId: id(1) } },
    { span: 3, trace: 3, attributes: { 'http.method': 'GET' } },
  ];
}

async function contentOf(tenant: string) {
  const [row] = await ledger.store.query<{
    attributes: Record<string, string>;
    events: string;
    status_message: string;
  }>(
    `SELECT attributes, events, status_message FROM aicost.spans
     WHERE tenant = {tenant:String} AND span_id = {id:String}`,
    { tenant, id: id(1) },
  );
  return row!;
}

describe('content', () => {
  it('is as it came until it is old enough', async () => {
    ledger.clockMs = Date.parse(DAY) + 31 * DAY_MS - 1;
    expect(await retention.pass()).toMatchObject({ content: 0 });
    expect((await contentOf('acme')).attributes['gen_ai.input.messages']).toBe(QUESTION);
  });

  it('is replaced by its size then, wherever it stands, and of its tenant alone', async () => {
    ledger.clockMs = Date.parse(DAY) + 31 * DAY_MS;
    expect(await retention.pass({ dryRun: true })).toMatchObject({ content: 1 });
    expect((await contentOf('acme')).attributes['gen_ai.input.messages']).toBe(QUESTION);
    expect(await retention.pass()).toMatchObject({ content: 1, spans: 0 });
    const { attributes, events, status_message: message } = await contentOf('acme');
    expect(attributes).toMatchObject({
      'gen_ai.input.messages': 'redacted bytes=25 expired',
      'gen_ai.prompt.name': 'triage',
      'http.url': 'redacted bytes=300 expired',
      'gen_ai.request.model': 'gpt-4o-2024-08-06',
    });
    expect(message).toBe('redacted bytes=300 expired');
    expect(JSON.parse(events)).toEqual([
      {
        time_unix_nano: '5',
        name: 'gen_ai.content.completion',
        attributes: 'redacted bytes=32 expired',
      },
    ]);
    expect((await contentOf('open')).attributes['gen_ai.input.messages']).toBe(QUESTION);
  });

  it('changes nothing that verify and settle see, and is not looked for again', async () => {
    expect(await retention.verify()).toMatchObject({ ok: true, skipped: {}, difference: null });
    expect(await settleLater()).toMatchObject({ entries: 0 });
    expect(await retention.pass()).toMatchObject({ content: 0 });
  });

  it('that comes late goes in a later pass', async () => {
    await ledger.send([{ ...spans()[0]!, span: 7, trace: 7 }], 'acme');
    await settleLater();
    expect(await retention.pass()).toMatchObject({ content: 1 });
  });
});

describe('the ledger of a day', () => {
  it('expires with its spans, and no total moves', async () => {
    ledger.clockMs = Date.parse(DAY) + 61 * DAY_MS;
    const before = await retention.totals('brief');
    const result = await retention.pass();
    expect(result).toMatchObject({ spans: 3, entries: 2, waiting: {} });
    expect(await retention.rows('ledger', 'brief')).toEqual({});
    expect(await retention.rows('ledger', 'open')).toEqual({ [DAY]: 2 });
    expect(await retention.totals('brief')).toEqual(before);
    expect(await retention.pass()).toMatchObject({ spans: 0, entries: 0, waiting: {} });
  });

  it('is vouched for by its seal: what the rollups say is what was sealed', async () => {
    const report = await retention.verify();
    expect(report).toMatchObject({ ok: true, difference: null, checked: { sealed: 1 } });
    const planted = (sign: string) =>
      ledger.store.command(
        `ALTER TABLE aicost.cost_daily UPDATE calls = calls ${sign} 1 WHERE tenant = 'brief'`,
        { settings: { mutations_sync: '1' } },
      );
    await planted('+');
    const { difference } = await retention.verify();
    await planted('-');
    expect(difference).toMatchObject({ where: 'cost_daily', tenant: 'brief', column: 'calls' });
  });

  it('bills nothing that comes for it: nobody could tell it from a resend', async () => {
    const before = await retention.totals('brief');
    await ledger.send([...spans(), { span: 9, trace: 9, attributes: chat(10) }], 'brief');
    await settleLater();
    expect(await retention.totals('brief')).toEqual(before);
    expect(await retention.verify()).toMatchObject({ ok: true, difference: null });
    await settleLater();
    await retention.pass();
    expect(await retention.rows('ledger', 'brief')).toEqual({});
    expect(await retention.totals('brief')).toEqual(before);
    expect(await retention.verify()).toMatchObject({ ok: true, difference: null });
  });
});
