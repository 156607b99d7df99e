/**
 * Follows a script from its first block to its last on an embedded ledger. What it expects and what it was answered
 * both come out as the whole script, so that a difference shows beside its question.
 */
import { BUDGET_BODY, type Budget } from '../../budgets/definition.ts';
import { createCursors } from '../../cursor.ts';
import { ExpiredQuestion } from '../../expired-ledger.ts';
import { ForbiddenQuestion, InputProblem } from '../../input-problem.ts';
import { NotFoundQuestion } from '../../not-found.ts';
import { type InstantNs, parseInstant } from '../../range.ts';
import type { Reader } from '../../tenant-scope.ts';
import type { EmbeddedLedger } from '../embedded-ledger.ts';
import { answerTable } from './answer-table.ts';
import { cachePricesByRates, type GivenRates, priceByRates, readRates } from './given-rates.ts';
import { entryRows, spanRows } from './given-rows.ts';
import { questionOf } from './questions.ts';
import {
  type Block,
  readScript,
  readTable,
  ScriptFault,
  tableLines,
  writeScript,
} from './script-text.ts';

/** A script twice: as it stands, and with what was answered in place of what it expects. */
export interface ScriptOutcome {
  readonly expected: string;
  readonly answered: string;
}

interface State {
  readonly ledger: EmbeddedLedger;
  readonly budgets: Map<string, Budget>;
  nowNs: InstantNs | undefined;
  reader: Reader;
  rates: GivenRates;
  /** `next_cursor` of the answer before. */
  nextCursor: string | null;
  entries: number;
}

/** Empties the ledger and runs the script. Throws ScriptFault where it cannot be followed. */
export async function runScript(text: string, ledger: EmbeddedLedger): Promise<ScriptOutcome> {
  await ledger.clear();
  await ledger.clearSpans();
  const state: State = {
    ledger,
    budgets: new Map(),
    nowNs: undefined,
    reader: { tenant: 'acme', operator: false },
    rates: new Map(),
    nextCursor: null,
    entries: 1,
  };
  const expected: Block[] = [];
  const answered: Block[] = [];
  for (const block of readScript(text)) {
    const body = await follow(block, state);
    expected.push({ ...block, body: aligned(block) });
    answered.push({ ...block, body: body ?? aligned(block) });
  }
  return { expected: writeScript(expected), answered: writeScript(answered) };
}

const WORDS_OF_TABLES: readonly string[] = ['spans', 'entries', 'rates', 'ask'];

/** Tables with their bars below each other, so that only what the cells say makes a difference. */
function aligned({ word, body, line, argument }: Block): readonly string[] {
  const isTable = WORDS_OF_TABLES.includes(word) && body[0]?.includes('|') === true;
  return isTable ? tableLines(readTable(body, line + Math.max(1, argument.length))) : body;
}

type Step = (block: Block, state: State) => Promise<readonly string[] | undefined> | undefined;

const STEPS: Readonly<Record<string, Step>> = {
  '': () => undefined,
  now: (block, state) => {
    state.nowNs = parseInstant(onlyArgument(block), 0n);
    return undefined;
  },
  reader: (block, state) => {
    const [tenant = '', scope] = onlyArgument(block).split(' ');
    state.reader = { tenant, operator: scope === 'operator' };
    return undefined;
  },
  rates: (block, state) => {
    state.rates = readRates(readTable(block.body, block.line + 1), block.line);
    return undefined;
  },
  budget: (block, state) => {
    const id = onlyArgument(block);
    const body = BUDGET_BODY.parse(JSON.parse(block.body.join('\n')));
    state.budgets.set(id, { ...body, id, tenant: state.reader.tenant, version: 1n });
    return undefined;
  },
  settled: async (block, state) => {
    const throughNs = parseInstant(onlyArgument(block), nowOf(block, state));
    await state.ledger.settledThrough(throughNs, nowOf(block, state));
    return undefined;
  },
  spans: async (block, state) => {
    await land(state, spanRows(givenIn(block, state)));
    return undefined;
  },
  entries: async (block, state) => {
    const rows = entryRows(givenIn(block, state), state.entries);
    state.entries += rows.length;
    await land(state, rows);
    return undefined;
  },
  ask: (block, state) => ask(block, state),
};

/** What is answered to a question; undefined for every other block. */
async function follow(block: Block, state: State): Promise<readonly string[] | undefined> {
  const step = Object.hasOwn(STEPS, block.word) ? STEPS[block.word] : undefined;
  if (step === undefined) {
    const known = Object.keys(STEPS).filter((word) => word !== '');
    throw new ScriptFault(block.line, `"${block.word}" is none of ${known.join(', ')}`);
  }
  return await step(block, state);
}

function onlyArgument({ argument, word, line }: Block): string {
  const [only, ...more] = argument;
  if (only === undefined || more.length > 0) {
    throw new ScriptFault(line, `"${word}" is followed by one line`);
  }
  return only;
}

function nowOf({ line }: Block, { nowNs }: State): InstantNs {
  if (nowNs === undefined)
    throw new ScriptFault(line, 'say what time it is first: now 2026-08-21T00:00:00Z');
  return nowNs;
}

function givenIn(block: Block, state: State) {
  const line = block.line + 1;
  const { tenant } = state.reader;
  return { table: readTable(block.body, line), line, nowNs: nowOf(block, state), tenant };
}

function land({ ledger }: State, rows: readonly object[]): Promise<void> {
  const settings = { max_partitions_per_insert_block: 0 };
  return ledger.store.insertRows('landing', rows, { settings });
}

async function ask(block: Block, state: State): Promise<readonly string[]> {
  const answer = await answerTo(block, state);
  if (typeof answer === 'string') return answer.trimEnd().split('\n');
  const line = block.line + block.argument.length;
  const [first] = block.body;
  if (first === undefined) {
    throw new ScriptFault(line, `a heading says what to show of ${JSON.stringify(answer)}`);
  }
  const { heading } = readTable([first], line);
  return tableLines(answerTable(answer, heading, line));
}

async function answerTo(block: Block, state: State): Promise<object | string> {
  const written = block.argument.map((part) => part.trim()).join('');
  const url = written.replace('{next_cursor}', state.nextCursor ?? '');
  const { pathname: path, search: query } = new URL(url, 'http://localhost');
  const found = questionOf(path);
  if (found === undefined) throw new ScriptFault(block.line, `no question has the path ${path}`);
  const { ledger, reader, rates, budgets } = state;
  const parameters = new URLSearchParams(query);
  try {
    const answer = await found.question.answer({
      store: ledger.store,
      reader,
      parameters,
      path: found.path,
      nowNs: nowOf(block, state),
      cursors: createCursors(() => Buffer.from('the secret of scripts')),
      price: priceByRates(rates),
      cachePrices: cachePricesByRates(rates),
      budgetOf: (id) => {
        const budget = budgets.get(id);
        if (budget === undefined) throw new ScriptFault(block.line, `no budget ${id} stands above`);
        return budget;
      },
    });
    found.question.schema.parse(answer);
    state.nextCursor = nextCursorOf(answer);
    return answer;
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function nextCursorOf(answer: object | string): string | null {
  const next: unknown = typeof answer === 'object' && 'next_cursor' in answer && answer.next_cursor;
  return typeof next === 'string' ? next : null;
}

/** What a person did wrong is an answer; everything else is a failure of the test. */
function problemOf(error: unknown): object {
  if (error instanceof InputProblem) return { code: error.code, issues: error.issues };
  const isOfReader =
    error instanceof ForbiddenQuestion ||
    error instanceof ExpiredQuestion ||
    error instanceof NotFoundQuestion;
  if (isOfReader) return { code: error.code, message: error.message };
  throw error;
}
