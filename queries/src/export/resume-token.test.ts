import { expect, test } from 'vitest';
import { signText } from '../signed-text.ts';
import { readExportInput } from './input.ts';
import { openResume, sealResume } from './resume-token.ts';

const input = readExportInput('ledger', new URLSearchParams(), 1_800_000_000_000_000_000n);
const reader = { tenant: 'acme', operator: false };
const secret = () => Buffer.alloc(32, 1);
const PURPOSE_TEXT = `export\n${JSON.stringify(['ledger', 'acme', []])}\n`;
const RESUMED = { from: '1', to: '2', snapshot: { asOf: '3', marks: [], complete: true } };

test('a token is read as it was sealed', () => {
  const token = sealResume({ input, reader, secret }, RESUMED);
  expect(token).toBe(signText(secret, PURPOSE_TEXT, RESUMED));
  expect(openResume({ input, reader, secret }, token)).toEqual(RESUMED);
});

test('a token of another shape, as another release may have signed it, is a problem that names the field', () => {
  const token = signText(secret, PURPOSE_TEXT, { ...RESUMED, snapshot: { asOf: '3' } });
  expect(() => openResume({ input, reader, secret }, token)).toThrow(/^resume is ".*": expected/);
});
