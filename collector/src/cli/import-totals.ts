/** What became of all rows of an import, summed over its requests, and told to a person. */
import { formatUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { ImportAnswer, RefusedRow } from '../import-rows.ts';

export interface RefusedInFile extends RefusedRow {
  readonly file: string;
}

/** More than that nobody reads; how many there are is told. */
const REFUSED_HELD_MAX = 1_000;
const REFUSED_SHOWN_MAX = 20;

export class ImportTotals {
  rows = 0;
  kept = 0;
  known = 0;
  replaced = 0;
  refusedRows = 0;
  readonly refused: RefusedInFile[] = [];
  private readonly unpriced = new Map<string, number>();
  private readonly tenants = new Set<string>();
  private calls = 0;
  private costAtto = 0n;
  private reportedAtto = 0n;

  add(file: string, answer: ImportAnswer): void {
    this.rows += answer.rows;
    this.kept += answer.kept;
    this.known += answer.known;
    this.replaced += answer.replaced;
    this.calls += answer.calls;
    this.costAtto += parseUsd(answer.cost_usd);
    this.reportedAtto += parseUsd(answer.reported_usd);
    for (const row of answer.refused) this.refuse(file, row);
    for (const tenant of answer.tenants) this.tenants.add(tenant);
    for (const [reason, count] of Object.entries(answer.unpriced)) {
      this.unpriced.set(reason, (this.unpriced.get(reason) ?? 0) + count);
    }
  }

  refuse(file: string, row: RefusedRow): void {
    this.refusedRows++;
    if (this.refused.length < REFUSED_HELD_MAX) this.refused.push({ file, ...row });
  }

  toJson(dryRun: boolean): object {
    return {
      dry_run: dryRun,
      rows: this.rows,
      kept: this.kept,
      known: this.known,
      replaced: this.replaced,
      refused_rows: this.refusedRows,
      refused: this.refused,
      calls: this.calls,
      unpriced: Object.fromEntries(this.unpriced),
      cost_usd: formatUsd(this.costAtto),
      reported_usd: formatUsd(this.reportedAtto),
      tenants: [...this.tenants].sort(),
    };
  }

  toText(dryRun: boolean): string {
    const became = dryRun
      ? 'nothing was kept (a dry run)'
      : `${this.kept} kept, ${this.known} there already`;
    const replaced = this.replaced === 0 ? '' : `, ${this.replaced} replaced by later rows`;
    const without = [...this.unpriced].map(([reason, count]) => `${reason} ${count}`).join(', ');
    return [
      `Rows: ${this.rows}; ${became}${replaced}, ${this.refusedRows} refused.`,
      `Calls: ${this.calls}; ${formatUsd(this.costAtto)} USD at the prices of their time, ${formatUsd(this.reportedAtto)} USD by what their source said.`,
      ...(without === '' ? [] : [`Without a cost: ${without}.`]),
      `Tenants: ${[...this.tenants].sort().join(', ') || 'none'}.`,
      '',
    ].join('\n');
  }

  /** The refused rows, a line each. */
  refusedText(): string {
    const lines = this.refused
      .slice(0, REFUSED_SHOWN_MAX)
      .map(
        ({ file, line, column, value, expected }) =>
          `${file} line ${line}: ${column} is ${JSON.stringify(value)}; expected ${expected}.\n`,
      );
    const more = this.refusedRows - lines.length;
    return lines.join('') + (more > 0 ? `… and ${more} more.\n` : '');
  }
}
