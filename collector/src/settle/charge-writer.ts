/** Entries of traces that need no rules: each call of the trace is charged, from numbers and places in the bytes. */
import { randomBytes } from 'node:crypto';
import type { Attribution } from '../normalise/call.ts';
import { RULES_VERSION } from '../normalise/dialects.ts';
import { isKnownCharge, type KnownCharge } from '../rows/append-known-charge.ts';
import type { EntryBlock } from '../rows/entry-block.ts';
import { markRandomUuid } from '../rows/entry-id.ts';
import { KnownChargeLimit } from '../rows/known-charge-limit.ts';
import { type DecideDeps, type LandingRows, NS_PER_MS } from './decide-trace.ts';
import type { EntryMaker } from './difference.ts';
import { inheritedOf } from './judge-trace.ts';
import { keptEntry, rowsOfOneFlush } from './kept-entry.ts';
import { createEntryMaker } from './make-entries.ts';
import { ENTRY_ID_BYTES, type RequestRecord } from './request-record.ts';

type LandingRecord = RequestRecord<LandingRows>;

export class ChargeWriter {
  private readonly deps: DecideDeps;
  private readonly limit: KnownChargeLimit;
  private readonly maker: EntryMaker;
  private record: LandingRecord | undefined;
  private row: KnownCharge | undefined;
  /** The span that is charged, and for whom it was, where its own span does not tell it. */
  private span = 0;
  private attribution: Attribution | undefined;
  private readonly asEntry = () =>
    keptEntry(this.record!, this.span, { maker: this.maker, inherited: this.attribution });

  constructor(deps: DecideDeps) {
    this.deps = deps;
    this.limit = new KnownChargeLimit(deps.guard);
    const nowNs = () => this.record?.recordedAtNs ?? 0n;
    const chargeOf = () => this.row?.charge;
    this.maker = createEntryMaker({ ...deps, nowNs, chargeOf, note: '' });
  }

  begin(record: LandingRecord): void {
    const { count } = record.calls;
    record.recordedAtNs = BigInt(this.deps.nowMs()) * NS_PER_MS;
    record.entryIds = randomIds(count);
    record.overLimits = new Uint16Array(count);
    record.isDecided = new Uint8Array(record.traces.count);
    this.record = record;
    this.row = undefined;
  }

  /** Charges the calls of trace t: where it is whole they inherit, and a row of it says that it was decided. */
  write(t: number, isWhole: boolean): void {
    const record = this.record!;
    const { traces, spans } = record;
    const isDecided = isWhole && rowsOfOneFlush(record, t, this.deps.journal) !== undefined;
    if (isDecided) record.isDecided[t] = 1;
    for (let n = traces.first[t]!; n >= 0; n = traces.next[n]!) {
      const call = spans.call(n);
      if (call >= 0 && record.charges[call] !== undefined) {
        this.charge(n, isDecided ? inheritedOf(record, n) : undefined);
      }
    }
    if (isDecided) {
      const last = traces.lastOf(t);
      const { columns } = spans.rows[last]!.blocks.span;
      columns.resolved_spans.set(spans.row(last), traces.sizes[t]!);
    }
  }

  private charge(n: number, attribution: Attribution | undefined): void {
    const record = this.record!;
    this.span = n;
    this.attribution = attribution;
    const row = this.fill(n, attribution);
    // With the row and the key of its span: an entry that outlived them would be charged again by the resend. A segment
    // that was full gets larger by it, to twice its cap at most; the engine still makes one part of ten times as much.
    const block = record.spans.rows[n]!.blocks.entry;
    const { rows } = block;
    try {
      this.append(block, row, n);
    } catch (error) {
      // A row that was written half would shift all others of the block.
      block.truncate(rows);
      throw error;
    }
  }

  private append(block: EntryBlock, row: KnownCharge, n: number): void {
    const record = this.record!;
    const { call } = row;
    const { day } = record.spans.rows[n]!;
    if (isKnownCharge(record.calls, call)) {
      row.overLimit = this.limit.bitsOf(row, day);
      record.overLimits[call] = row.overLimit;
      this.deps.appendKnown(block, row, this.asEntry);
    } else {
      const entry = this.asEntry();
      record.overLimits[call] = entry.overLimit;
      this.deps.append(block, entry);
    }
  }

  private fill(n: number, attribution: Attribution | undefined): KnownCharge {
    const record = this.record!;
    const { spans } = record;
    const call = spans.call(n);
    const charge = record.charges[call]!;
    this.row ??= this.firstRow(record);
    const { row } = this;
    const { service, environment } = record.envelope(n);
    row.call = call;
    row.charge = charge;
    row.attribution = attribution;
    row.service = service;
    row.environment = environment;
    row.traceStart = spans.traceStart(n);
    row.spanStart = spans.spanStart(n);
    row.startLo = spans.startLo(n);
    row.startHi = spans.startHi(n);
    row.entryIdAt = call * ENTRY_ID_BYTES;
    return row;
  }

  private firstRow(record: LandingRecord): KnownCharge {
    return {
      calls: record.calls,
      call: 0,
      charge: record.charges.find((charge) => charge !== undefined)!,
      attribution: undefined,
      tenant: record.tenant,
      service: '',
      environment: '',
      traceStart: 0,
      spanStart: 0,
      startLo: 0,
      startHi: 0,
      recordedAtNs: record.recordedAtNs,
      rulesVersion: RULES_VERSION,
      overLimit: 0,
      entryIds: record.entryIds,
      entryIdAt: 0,
    };
  }
}

function randomIds(count: number): Buffer {
  const ids = randomBytes(count * ENTRY_ID_BYTES);
  for (let at = 0; at < ids.length; at += ENTRY_ID_BYTES) {
    markRandomUuid(ids, at);
  }
  return ids;
}
