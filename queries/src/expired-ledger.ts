/**
 * What the ledger does not hold any more. A question that would need expired entries is refused and told why: an answer
 * without them would be less than was spent, and nobody could see it. Rollups are kept, so that whole hours and days of
 * their dimensions are answered as ever.
 */
import type { Coverage } from './coverage.ts';
import { type Dimension, rollupFor } from './dimensions.ts';
import { formatInstant, type InstantNs, NS_PER_SECOND, type Range } from './range.ts';
import { bound, join, type Sql, sql } from './sql.ts';
import type { TenantScope } from './tenant-scope.ts';

/** The entries, or the spans, that would answer have expired: HTTP 422. */
export class ExpiredQuestion extends Error {
  readonly code = 'ledger_expired';

  constructor(detail: string) {
    super(detail);
    this.name = 'ExpiredQuestion';
  }
}

interface Asked {
  readonly coverage: Coverage;
  /** What must still be there for the parts that no rollup covers: entries go later than the spans of their day. */
  readonly needs?: 'ledger' | 'spans';
  /** What was asked as the question spells it, before `: expected …`; from and to, when not given. */
  readonly asked?: string;
  /** Every dimension that the question depends on; null: what no rollup tells, such as why a call has no price. */
  readonly dimensions: readonly Dimension[] | null;
  readonly nowNs: InstantNs;
}

const DAY_NS = 86_400n * NS_PER_SECOND;

/**
 * Throws ExpiredQuestion when a part of the range is left to the ledger, or to spans, and has expired. Asked once the
 * answer is there: a day is told to have expired before any of it goes, so that an answer that lacks some cannot pass.
 */
export async function refuseExpired(scope: TenantScope, asked: Asked): Promise<void> {
  const { coverage, dimensions, nowNs, needs = 'ledger' } = asked;
  // Nothing expires before it is a day old.
  const young = nowNs - (nowNs % DAY_NS) - DAY_NS;
  const parts = ledgerParts(coverage).filter(({ fromNs }) => fromNs < young);
  if (parts.length === 0) return;
  const touched = join(parts.map(touchesSql), ' OR ');
  const [row] = await scope.query<{ days: string; kept: string }>(
    sql`SELECT toString(countIf(${touched})) AS days, toString(max(day) + 1) AS kept ${scope.from('sealed_days')}
      AND expired IN ${bound('Array(String)', GONE[needs])}`,
  );
  if (row === undefined || row.days === '0') return;
  const opening = asked.asked ?? openingOf(coverage.range);
  const expected = needs === 'spans' ? 'nothing that only spans tell' : expectedOf(dimensions);
  throw new ExpiredQuestion(
    `${opening}: expected ${expected}, or a range from ${row.kept}T00:00:00Z on. ${WHY[needs]}, and what was asked needs them.`,
  );
}

/** Notes of a day of which too little is left. */
const GONE = { ledger: ['ledger'], spans: ['spans', 'ledger'] } as const;

const WHY = {
  ledger: 'Ledger entries before that have expired (--retention-ledger)',
  spans: 'Spans before that have expired (--retention-spans)',
} as const;

/** The parameters of a range, as a problem names them. */
export function openingOf({ fromNs, toNs }: Range, [from, to] = ['from', 'to']): string {
  return `${from} is "${formatInstant(fromNs)}" and ${to} is "${formatInstant(toNs)}"`;
}

/** The parts of the range that no whole unit of a rollup covers. */
function ledgerParts({ range, whole, ledger }: Coverage): Range[] {
  if (!ledger) return [];
  if (whole === null) return [range];
  const [first, last] = [whole.from * NS_PER_SECOND, whole.to * NS_PER_SECOND];
  const edges = [
    { fromNs: range.fromNs, toNs: first },
    { fromNs: last, toNs: range.toNs },
  ];
  const units = whole.except.map((start) => ({
    fromNs: start * NS_PER_SECOND,
    toNs: (start + whole.unitSeconds) * NS_PER_SECOND,
  }));
  const cut = units.length === 0 ? [] : [{ fromNs: units[0]!.fromNs, toNs: units.at(-1)!.toNs }];
  return [...edges, ...cut].filter(({ fromNs, toNs }) => fromNs < toNs);
}

function touchesSql({ fromNs, toNs }: Range): Sql {
  const day = (ns: InstantNs) => bound('UInt32', ns / DAY_NS);
  return sql`(toUInt32(day) >= ${day(fromNs)} AND toUInt32(day) <= ${day(toNs - 1n)})`;
}

function expectedOf(dimensions: readonly Dimension[] | null): string {
  if (dimensions === null) return 'calls whose entries are kept';
  const rollup = rollupFor(dimensions);
  if (rollup === null) return 'no dimension or filter but those of the rollups';
  return rollup === 'cost_daily' ? 'whole UTC days' : 'whole UTC hours';
}
