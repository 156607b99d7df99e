/** What becomes of the rows of one import request, counted as it goes. */
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import { type ImportAnswer, type RefusedRow, shownCell } from './import-rows.ts';
import type { PreviewedSpan } from './preview-spans.ts';

export class ImportReport {
  kept = 0;
  known = 0;
  private replaced = 0;
  private readonly rows: number;
  private readonly refused: RefusedRow[] = [];
  private readonly unpriced = new Map<string, number>();
  private readonly tenants = new Set<string>();
  private calls = 0;
  private costAtto = 0n;
  private reportedAtto = 0n;

  constructor(rows: number) {
    this.rows = rows;
  }

  refuse(line: number, column: string, value: unknown, expected: string): void {
    this.refused.push({ line, column, value: shownCell(value), expected });
  }

  /** An earlier row of the request with the id of a later one; equal ones are one span. */
  replace(isEqual: boolean): void {
    if (isEqual) this.known++;
    else this.replaced++;
  }

  add(tenant: string, spans: readonly PreviewedSpan[]): void {
    this.tenants.add(tenant);
    for (const { charge } of spans) {
      if (charge === undefined) continue;
      this.calls++;
      this.reportedAtto += charge.reportedAtto ?? 0n;
      if (charge.costAtto !== undefined) this.costAtto += charge.costAtto;
      else {
        const { unpricedReason: reason } = charge;
        this.unpriced.set(reason, (this.unpriced.get(reason) ?? 0) + 1);
      }
    }
  }

  answer(): ImportAnswer {
    return {
      rows: this.rows,
      kept: this.kept,
      known: this.known,
      replaced: this.replaced,
      refused: this.refused.toSorted((a, b) => a.line - b.line),
      calls: this.calls,
      unpriced: Object.fromEntries(this.unpriced),
      cost_usd: formatUsd(this.costAtto),
      reported_usd: formatUsd(this.reportedAtto),
      tenants: [...this.tenants].sort(),
    };
  }
}
