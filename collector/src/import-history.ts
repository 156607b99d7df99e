/**
 * Rows of a history on the road of every span: read by their source, looked at, then accepted as an OTLP request of
 * their tenant. Invariant: a row is kept whole or refused with a reason, and the same row is never billed twice.
 */
import { formatUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { TenantId } from './access.ts';
import { otlpRequest } from './import/otlp-request.ts';
import { type ImportedSpan, readRow, unknownColumns } from './import/read-row.ts';
import type { ImportSource } from './import/source.ts';
import { SOURCE_NAMES, sourceNamed } from './import/sources.ts';
import {
  type ImportAnswer,
  type ImportBody,
  type ImportRows,
  type RefusedRow,
  shownCell,
} from './import-rows.ts';
import type { TenantLimits } from './limit-table.ts';
import { requestLimits } from './limits.ts';
import type { PreviewedSpan, SpanPreview } from './preview-spans.ts';
import type { PriceBook } from './price/price-book.ts';
import { Problem } from './problems.ts';
import type { AcceptRequest } from './receive/take-request.ts';
import type { SealedDays } from './settle/sealed-days.ts';

export interface ImportDeps {
  readonly accept: AcceptRequest;
  readonly preview: Pick<SpanPreview, 'look'>;
  readonly bookFor: (tenant: string) => PriceBook;
  readonly limitsOf: (tenant: TenantId) => TenantLimits;
  /** Why nothing may be kept for a tenant of this name; undefined where it may. */
  readonly whyNot: (tenant: string) => string | undefined;
  /** Days whose spans or entries have expired. Rejects while ClickHouse is away. */
  readonly sealedDays: () => Promise<Pick<SealedDays, 'of'>>;
  readonly nowNs: () => bigint;
}

const DEFAULT_TENANT = 'default';
/** Spans of one OTLP request. */
const REQUEST_SPANS_MAX = 1_000;

interface ReadSpan {
  readonly line: number;
  readonly span: ImportedSpan;
}

export function createImportRows(deps: ImportDeps): ImportRows {
  return async (body) => {
    const source = knownSource(body);
    const sealed = await deps.sealedDays();
    const report = new Report(body.rows.length);
    for (const [tenant, spans] of spansByTenant(source, body, report)) {
      const why = deps.whyNot(tenant);
      const kept = why === undefined ? withoutExpired(spans, { tenant, sealed, report }) : [];
      if (why !== undefined) {
        for (const { line } of spans) report.refuse(line, 'tenant', tenant, why);
      }
      const limits = requestLimits(deps.limitsOf(tenant as TenantId));
      const most = Math.min(REQUEST_SPANS_MAX, limits.decode.recordsMax);
      for (let from = 0; from < kept.length; from += most) {
        const request = { source, tenant, spans: kept.slice(from, from + most) };
        await importRequest(deps, request, { report, dryRun: body.dry_run });
      }
    }
    return report.answer();
  };
}

/** @throws Problem parameter_invalid for a source or a column that nobody knows: then every row would be wrong */
function knownSource({ source: name, rows }: ImportBody): ImportSource {
  const source = sourceNamed(name);
  if (source === undefined) {
    const detail = `source is ${JSON.stringify(name.slice(0, 100))}; expected one of ${SOURCE_NAMES.join(', ')}.`;
    throw new Problem('parameter_invalid', detail);
  }
  for (const { columns, line } of rows) {
    const [unknown] = unknownColumns(source, columns);
    if (unknown === undefined) continue;
    const known = source.columns.map(({ names }) => names[0]).join(', ');
    const detail = `Line ${line} has the column ${JSON.stringify(unknown.slice(0, 100))}; expected columns out of ${known}, and ${source.tagPrefix}<key>.`;
    throw new Problem('parameter_invalid', detail);
  }
  return source;
}

function spansByTenant(
  source: ImportSource,
  { rows, tenant }: ImportBody,
  report: Report,
): ReadonlyMap<string, ReadSpan[]> {
  const byTenant = new Map<string, ReadSpan[]>();
  for (const row of rows) {
    const read = readRow(source, row);
    if ('fault' in read) {
      const { column, value, expected } = read.fault;
      report.refuse(row.line, column, value, expected);
      continue;
    }
    const owner = tenant ?? read.tenant ?? DEFAULT_TENANT;
    const spans = byTenant.get(owner) ?? [];
    spans.push({ line: row.line, span: read });
    byTenant.set(owner, spans);
  }
  return byTenant;
}

/** Where the entries of a day have expired, a call could not be told from one that was billed: it would not be. */
function withoutExpired(
  spans: readonly ReadSpan[],
  { tenant, sealed, report }: { tenant: string; sealed: Pick<SealedDays, 'of'>; report: Report },
): ReadSpan[] {
  return spans.filter(({ line, span }) => {
    const isGone = sealed.of(tenant, span.startNs)?.isLedgerGone === true;
    const start = new Date(Number(span.startNs / 1_000_000n)).toISOString();
    const expected = 'a day whose ledger entries are kept: those of this one have expired';
    if (isGone) report.refuse(line, 'the start', start, expected);
    return !isGone;
  });
}

interface ImportRequest {
  readonly source: ImportSource;
  readonly tenant: string;
  readonly spans: readonly ReadSpan[];
}

async function importRequest(
  deps: ImportDeps,
  { source, tenant: name, spans }: ImportRequest,
  { report, dryRun }: { report: Report; dryRun: boolean },
): Promise<void> {
  // An operator's key spans tenants: this one was named by it, and may take spans.
  const tenant = name as TenantId;
  const request = otlpRequest(
    source,
    spans.map(({ span }) => span),
  );
  const looked = await deps.preview.look({
    bytes: request.bytes,
    book: deps.bookFor(tenant),
    limits: requestLimits(deps.limitsOf(tenant)),
    nowNs: deps.nowNs(),
  });
  const good = spansToKeep(spans, { order: request.order, looked, report });
  report.add(tenant, looked);
  if (dryRun || good.length === 0) return;
  const { bytes } =
    good.length === spans.length
      ? request
      : otlpRequest(
          source,
          good.map(({ span }) => span),
        );
  const { rejected, message, kept = 0 } = await deps.accept(tenant, bytes, 'json');
  // What a sender can do wrong was looked at before.
  if (rejected > 0) throw new Problem('internal', message);
  report.kept += kept;
  report.known += good.length - kept;
}

function spansToKeep(
  spans: readonly ReadSpan[],
  of: { order: readonly number[]; looked: readonly PreviewedSpan[]; report: Report },
): ReadSpan[] {
  return of.order.flatMap((at, place) => {
    const one = spans[at];
    const refusal = of.looked[place]?.refusal;
    if (one === undefined || refusal === undefined) return one ?? [];
    of.report.refuse(one.line, 'the row', one.span.name, `no ${refusal.text}`);
    return [];
  });
}

class Report {
  kept = 0;
  known = 0;
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
      refused: this.refused.toSorted((a, b) => a.line - b.line),
      calls: this.calls,
      unpriced: Object.fromEntries(this.unpriced),
      cost_usd: formatUsd(this.costAtto),
      reported_usd: formatUsd(this.reportedAtto),
      tenants: [...this.tenants].sort(),
    };
  }
}
