import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseInstant } from '../range.ts';
import { answerStatus } from '../status/status.ts';
import type { Reader } from '../tenant-scope.ts';
import { type EmbeddedLedger, type Entry, openEmbeddedLedger } from '../testing/embedded-ledger.ts';
import { answerUnpriced, readUnpricedInput } from './unpriced.ts';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());

const NOW = parseInstant('2026-08-20T13:00:00Z', 0n);
const acme: Reader = { tenant: 'acme', operator: false };

let spans = 0;

function call(model: string, reason: string, unpriced: string, span = String(++spans)): Entry {
  return {
    trace: 't',
    span,
    tenant: 'acme',
    at: parseInstant('2026-08-20T12:00:00Z', NOW),
    dimensions: { model, provider: 'openai' },
    figures: {
      calls: '1',
      unpriced_calls: unpriced,
      in_uncached: '5',
      in_audio: '2',
      out_text: '3',
    },
    unpriced: { reason, detail: '' },
  };
}

describe('what is unpriced', () => {
  test('groups by model and reason, and forgets what was priced later', async () => {
    await ledger.insert([
      call('new', 'unknown_model', '1'),
      call('new', 'unknown_model', '1'),
      call('odd', 'no_usage', '1'),
      call('mended', 'unknown_model', '1', 'm1'),
      call('mended', 'unknown_model', '-1', 'm1'),
      call('mended', 'unknown_model', '1', 'm2'),
      call('mended', '', '-1', 'm2'),
      call('fine', '', '0'),
      { ...call('new', 'unknown_model', '1'), tenant: 'globex' },
    ]);
    const input = readUnpricedInput(new URLSearchParams('limit=1'), NOW);
    const answer = await answerUnpriced(ledger.store, acme, input);
    expect(answer.rows).toEqual([
      {
        provider: 'openai',
        model: 'new',
        reason: 'unknown_model',
        detail: null,
        calls: 2,
        input_tokens: 14,
        output_tokens: 6,
        mend: 'aicost prices alias new --to PROVIDER/MODEL --provider=openai',
      },
    ]);
    expect(answer.other).toEqual({ calls: 1, input_tokens: 7, output_tokens: 3 });
    expect(answer.totals).toEqual({ calls: 3, input_tokens: 21, output_tokens: 9 });
  });
});

describe('status', () => {
  test('before the first span it says that nothing came', async () => {
    expect(await answerStatus(ledger.store, acme, NOW)).toEqual({
      tenant: 'acme',
      now: '2026-08-20T13:00:00Z',
      last_received_at: null,
      spans: { last_minute: 0, last_5_minutes: 0, last_hour: 0, last_24_hours: 0, stored: 0 },
      llm_spans: 0,
      settled_through: null,
      // What the test above has put into the ledger, whatever its time.
      provisional: { calls: 8, unpriced_calls: 3, cost_usd: '0' },
    });
  });

  test('counts the spans of this tenant by when they were received', async () => {
    await ledger.insertSpans([
      { tenant: 'acme', receivedAt: NOW - 30_000_000_000n, role: 'leaf' },
      { tenant: 'acme', receivedAt: NOW - 120_000_000_001n, role: 'not_llm' },
      { tenant: 'acme', receivedAt: NOW - 86_400_000_000_001n, role: 'not_llm' },
      { tenant: 'globex', receivedAt: NOW, role: 'leaf' },
    ]);
    expect(await answerStatus(ledger.store, acme, NOW)).toMatchObject({
      last_received_at: '2026-08-20T12:59:30Z',
      spans: { last_minute: 1, last_5_minutes: 2, last_hour: 2, last_24_hours: 2, stored: 3 },
      llm_spans: 1,
    });
  });
});
