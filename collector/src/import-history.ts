/**
 * Rows of a history on the road of every span: read by their source, looked at, then accepted as an OTLP request of
 * their tenant. Invariant: a row is kept whole or refused with a reason, and the same row is never billed twice.
 */
import { isDeepStrictEqual } from 'node:util';
import type { TenantId } from './access.ts';
import { otlpRequest } from './import/otlp-request.ts';
import { type ImportedSpan, readRow, unknownColumns } from './import/read-row.ts';
import { startColumnOf } from './import/read-times.ts';
import type { ImportSource } from './import/source.ts';
import { SOURCE_NAMES, sourceNamed } from './import/sources.ts';
import { ImportReport } from './import-report.ts';
import type { ImportBody, ImportRows } from './import-rows.ts';
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
    const report = new ImportReport(body.rows.length);
    for (const [tenant, spans] of spansByTenant(source, body, report)) {
      const why = deps.whyNot(tenant);
      if (why !== undefined) {
        for (const { line } of spans) report.refuse(line, 'tenant', tenant, why);
        continue;
      }
      const newest = newestOfEach(spans, report);
      const kept = withoutExpired(newest, { source, tenant, sealed, report });
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
  report: ImportReport,
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

/**
 * Of rows of one request with one id the last one: they would come at one instant, and settle could not tell which is
 * the newer version.
 */
function newestOfEach(spans: readonly ReadSpan[], report: ImportReport): ReadSpan[] {
  const newest = new Map<string, ReadSpan>();
  for (const one of spans) {
    const key = `${one.span.traceId}${one.span.spanId}`;
    const earlier = newest.get(key);
    if (earlier !== undefined) report.replace(isDeepStrictEqual(earlier.span, one.span));
    newest.set(key, one);
  }
  return [...newest.values()];
}

/** Where the entries of a day have expired, a call could not be told from one that was billed: it would not be. */
function withoutExpired(
  spans: readonly ReadSpan[],
  {
    source,
    tenant,
    sealed,
    report,
  }: {
    source: ImportSource;
    tenant: string;
    sealed: Pick<SealedDays, 'of'>;
    report: ImportReport;
  },
): ReadSpan[] {
  return spans.filter(({ line, span }) => {
    const isGone = sealed.of(tenant, span.startNs)?.isLedgerGone === true;
    const expected = 'a day whose ledger entries are kept: those of this one have expired';
    if (isGone) report.refuse(line, startColumnOf(source), isoOf(span.startNs), expected);
    return !isGone;
  });
}

const isoOf = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString();

interface ImportRequest {
  readonly source: ImportSource;
  readonly tenant: string;
  readonly spans: readonly ReadSpan[];
}

async function importRequest(
  deps: ImportDeps,
  { source, tenant: name, spans }: ImportRequest,
  { report, dryRun }: { report: ImportReport; dryRun: boolean },
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
  const good = spansToKeep(spans, { source, order: request.order, looked, report });
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
  of: {
    source: ImportSource;
    order: readonly number[];
    looked: readonly PreviewedSpan[];
    report: ImportReport;
  },
): ReadSpan[] {
  return of.order.flatMap((at, place) => {
    const one = spans[at];
    const refusal = of.looked[place]?.refusal;
    if (one === undefined || refusal === undefined) return one ?? [];
    const isStart = refusal.code === 'start_time_ahead';
    const [column, value] = isStart
      ? [startColumnOf(of.source), isoOf(one.span.startNs)]
      : ['the row', one.span.name];
    of.report.refuse(one.line, column, value, `no ${refusal.text}`);
    return [];
  });
}
