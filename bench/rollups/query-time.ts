/**
 * How long the questions that people ask take, through the names they query (`cost_hourly`,
 * `cost_daily`) and straight from the ledger. Every way must give the same answer: it is compared.
 */
import { type Cost, type Engine, measure, median } from './engine.ts';
import { type Rollup, rollupColumns } from './schemes.ts';

/**
 * `views` reads the star's rollup; the others read the ledger: through a view that groups as the
 * rollup does, through a view of one row an entry, as it is, and without using projections.
 */
export type Way =
  | 'views'
  | 'projections by name'
  | 'projections by row view'
  | 'projections by ledger'
  | 'ledger scan';
const WAYS: readonly Way[] = [
  'views',
  'projections by name',
  'projections by row view',
  'projections by ledger',
  'ledger scan',
];

interface Question {
  readonly name: string;
  readonly rollup: Rollup;
  readonly dimensions: readonly string[];
  readonly from: string;
  readonly to: string;
}

const MONTH = { from: '2026-08-01', to: '2026-08-31' };
const QUESTIONS: readonly Question[] = [
  { name: 'by model, 30 days', rollup: 'cost_hourly', dimensions: ['model'], ...MONTH },
  {
    name: 'by feature, 24 h',
    rollup: 'cost_hourly',
    dimensions: ['feature'],
    from: '2026-08-05',
    to: '2026-08-06',
  },
  { name: 'hourly, 30 days', rollup: 'cost_hourly', dimensions: ['hour'], ...MONTH },
  { name: 'user and day, 30 days', rollup: 'cost_daily', dimensions: ['day', 'user'], ...MONTH },
];

export interface QueryTime {
  readonly question: string;
  readonly way: Way;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Medians over the rounds of this way's cost divided by that of `views` in the same round. */
  readonly wallToViews: number;
  readonly cpuToViews: number;
  /** Whether the plan reads a projection; in the ways that should, it must. */
  readonly readsProjection: boolean;
}

/** The SQL of a question, one way. Amounts and calls, by dimension, in a fixed order. */
function questionSql(question: Question, way: Way): string {
  const { keys, sums } = rollupColumns(question.rollup);
  const time = question.rollup === 'cost_hourly' ? 'hour' : 'day';
  const byName = way !== 'projections by ledger' && way !== 'ledger scan';
  const named = way === 'projections by row view' ? `${question.rollup}_rows` : question.rollup;
  const expressionOf = (alias: string) => {
    const column = [...keys, ...sums].find((candidate) => candidate.alias === alias);
    const expression = column?.expression ?? alias;
    return byName ? alias : expression.replaceAll('landing.', 'ledger.');
  };
  const total = (alias: string) => (byName ? `sum(${alias})` : expressionOf(alias));
  const bound = (day: string) => (time === 'hour' ? `toDateTime('${day}', 'UTC')` : `'${day}'`);
  const database = way === 'views' ? 'views' : 'projections';
  const by = question.dimensions.map(expressionOf).join(', ');
  return `SELECT ${by}, ${total('cost_usd')}, ${total('calls')}
    FROM ${database}.${byName ? named : 'ledger AS ledger'}
    WHERE tenant = 'acme' AND ${expressionOf(time)} >= ${bound(question.from)}
      AND ${expressionOf(time)} < ${bound(question.to)}
    GROUP BY ${by} ORDER BY ${by}
    SETTINGS optimize_use_projections = ${way === 'ledger scan' ? 0 : 1}`;
}

async function readsProjection(engine: Engine, question: Question, way: Way): Promise<boolean> {
  const plan = (await engine.rows(`EXPLAIN ${questionSql(question, way)}`)).join('\n');
  return way !== 'views' && plan.includes(`ReadFromMergeTree (${question.rollup})`);
}

/** Asks every question every way in turn, `rounds` times, after one round that is not counted. */
export async function measureQueries(engine: Engine, rounds: number): Promise<QueryTime[]> {
  const times: QueryTime[] = [];
  for (const question of QUESTIONS) {
    const taken: Record<Way, Cost>[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      taken.push(await askEachWay(engine, question, round));
    }
    for (const way of WAYS) {
      const over = (pick: (round: Record<Way, Cost>) => number) => median(taken.slice(1).map(pick));
      times.push({
        question: question.name,
        way,
        wallMs: over((round) => round[way].wallMs),
        cpuMs: over((round) => round[way].cpuMs),
        wallToViews: over((round) => round[way].wallMs / round.views.wallMs),
        cpuToViews: over((round) => round[way].cpuMs / round.views.cpuMs),
        readsProjection: await readsProjection(engine, question, way),
      });
    }
  }
  return times;
}

async function askEachWay(engine: Engine, question: Question, round: number) {
  const costs: Partial<Record<Way, Cost>> = {};
  const answers = new Set<string>();
  for (let turn = 0; turn < WAYS.length; turn += 1) {
    const way = WAYS[(turn + round) % WAYS.length]!;
    costs[way] = await measure(async () => {
      answers.add(JSON.stringify(await engine.rows(questionSql(question, way))));
    });
  }
  if (answers.size !== 1) {
    throw new Error(`"${question.name}" has ${answers.size} different answers, one was expected.`);
  }
  return costs as Record<Way, Cost>;
}
