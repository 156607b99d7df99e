import { expect, it } from 'vitest';
import { expiredText, expiryLine } from './retention-text.ts';

const day = { what: 'spans', day: '2026-08-20', tenants: ['acme'], rows: 5, waiting: {} };

it('says what of a day expired, and what had to wait, and why', () => {
  expect(expiryLine(day)).toBe('  2026-08-20  5 spans of acme\n');
  const waiting = { not_settled: ['b'], differs: ['c'] };
  const difference = { where: 'ledger', column: 'calls', cause: 'An entry was lost.' };
  expect(expiryLine({ ...day, waiting, difference })).toBe(
    '  2026-08-20  5 spans of acme; b: settle has not passed them yet; c: verify finds a difference, and they are kept until it does not\n    ledger.calls: An entry was lost.\n',
  );
  expect(expiryLine({ ...day, tenants: [], rows: 0 })).toBe('');
});

it('sums a pass up', () => {
  const result = { dry_run: false, spans: 5, content: 1, entries: 0, traces: 2, waiting: {} };
  expect(expiredText(result)).toBe('Expired: 5 spans, the content of 1 spans, 0 ledger entries.\n');
  const dry = expiredText({ ...result, dry_run: true, waiting: { not_settled: 3 } });
  expect(dry).toBe(
    'Due: 5 spans, the content of 1 spans, 0 ledger entries. Nothing expired: a dry run.\nKept for now: 3 days of a tenant, settle has not passed them yet.\n',
  );
});
