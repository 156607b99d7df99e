import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type EmbeddedLedger, openEmbeddedLedger } from '../../test/embedded-ledger.ts';
import { parseInstant } from '../range.ts';
import type { Reader } from '../tenant-scope.ts';
import { answerBreakdown } from './breakdown.ts';
import { readBreakdownInput } from './input.ts';

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());
beforeEach(() => ledger.clear());

const NOW = parseInstant('2026-08-21T00:00:00Z', 0n);
const acme: Reader = { tenant: 'acme', operator: false };
const DAY = 'from=2026-08-20T00:00:00Z&to=2026-08-21T00:00:00Z';

function ask(query: string, reader: Reader = acme) {
  return answerBreakdown(ledger.store, reader, readBreakdownInput(new URLSearchParams(query), NOW));
}

const at = (text: string): bigint => parseInstant(text, NOW);

describe('breakdown', () => {
  test('one call by model says what the issue of the ledger says, digit for digit', async () => {
    await ledger.insert([
      {
        tenant: 'acme',
        at: at('2026-08-20T12:00:00Z'),
        dimensions: { model: 'gpt-4o-2024-08-06', provider: 'openai' },
        figures: {
          calls: '1',
          in_uncached: '600',
          in_cache_read: '400',
          out_text: '500',
          cost_usd: '0.007',
          list_usd: '0.007',
          cost_low_usd: '0.007',
          cost_high_usd: '0.007',
        },
      },
    ]);
    const answer = await ask(`${DAY}&by=model`);
    expect(answer).toMatchObject({
      rows: [
        {
          model: 'gpt-4o-2024-08-06',
          calls: 1,
          unpriced_calls: 0,
          in_uncached: 600,
          in_cache_read: 400,
          out_text: 500,
          audio_seconds: '0',
          cost_usd: '0.007',
          list_usd: '0.007',
          share: '1',
        },
      ],
      totals: { calls: 1, cost_usd: '0.007', share: '1' },
      other: { calls: 0, cost_usd: '0', share: '0' },
      from: '2026-08-20T00:00:00Z',
      to: '2026-08-21T00:00:00Z',
    });
  });

  test('an empty range answers no rows and totals of 0', async () => {
    const answer = await ask(`${DAY}&by=model`);
    expect(answer.rows).toEqual([]);
    expect(answer.totals).toMatchObject({ calls: 0, cost_usd: '0', share: null });
  });
});
