/**
 * Every script of `queries/scripts` on one embedded engine. With AICOST_RECORD_SCRIPTS=1 what was answered is written
 * into the scripts, to be read before it is committed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EmbeddedLedger, openEmbeddedLedger } from '../embedded-ledger.ts';
import { QUESTIONS, questionOf } from './questions.ts';
import { runScript } from './run-script.ts';
import { readScript } from './script-text.ts';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'scripts');
const IS_RECORDING = process.env['AICOST_RECORD_SCRIPTS'] === '1';
const SCRIPTS = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.query.test'))
  .map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));

let ledger: EmbeddedLedger;
beforeAll(async () => {
  ledger = await openEmbeddedLedger();
});
afterAll(() => ledger.close());

test.for(SCRIPTS)('$name is answered as it says', async ({ name, text }) => {
  const { expected, answered } = await runScript(text, ledger);
  if (IS_RECORDING) writeFileSync(join(FOLDER, name), answered);
  else expect(answered).toBe(expected);
});

test('every kind of question is asked by a script', () => {
  const asked = SCRIPTS.flatMap(({ text }) =>
    readScript(text)
      .filter(({ word }) => word === 'ask')
      .map(({ argument }) => questionOf(argument[0]?.split('?')[0] ?? '')?.question),
  );
  const missing = Object.entries(QUESTIONS).filter(([, question]) => !asked.includes(question));
  expect(missing.map(([path]) => path)).toEqual([]);
});

describe('a script', () => {
  const GIVEN = `now 2026-08-21T00:00:00Z

entries
at      | model | cost_usd
now-12h | a     | 0.1
now-11h | b     |`;
  const question = 'ask /api/v1/costs/breakdown?by=model';

  test('that expects something else shows it beside its question', async () => {
    const wrong = `${GIVEN}\n\n${question}\nrows | model | cost_usd\nrows | a | 0.2`;
    const { expected, answered } = await runScript(wrong, ledger);
    expect(expected).toContain(`${question}\nrows | model | cost_usd\nrows | a     | 0.2\n`);
    expect(answered).toContain(
      `${question}\nrows | model | cost_usd\nrows | a     | 0.1\nrows | b     | null\n`,
    );
  });

  test('that was recorded is answered as it says', async () => {
    const { answered } = await runScript(`${GIVEN}\n\n${question}\npart | calls`, ledger);
    expect(await runScript(answered, ledger)).toEqual({ expected: answered, answered });
  });

  test.for([
    [`${GIVEN}\n\n${question}\nrows | modle`, 'line 9: the answer has no "modle" there'],
    [`${GIVEN}\n\n${question}`, 'line 9: a heading says what to show'],
    [`${GIVEN}\n\nask /api/v1/costs`, 'line 8: no question has the path /api/v1/costs'],
    [question, 'line 1: say what time it is first'],
    [`${GIVEN}\n\nquestion x`, 'line 8: "question" is none of now, reader'],
    ['now 2026-08-21T00:00:00Z\n\nentries\nat | cost_usd\nnow-1h', 'line 5: the row has 1 cells'],
    ['now 2026-08-21T00:00:00Z\n\nspans\nat | name\nyesterday | a', 'line 5: yesterday: an RFC'],
    ['now 2026-08-21T00:00:00Z\n\nentries\nat | modle\nnow | a', 'modle'],
  ] as const)('that cannot be followed says where: %s', async ([text, message]) => {
    await expect(runScript(text, ledger)).rejects.toThrow(message);
  });
});
