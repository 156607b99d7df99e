/**
 * The first of the decoder's two passes: walks a whole request of traces or logs without keeping anything, so that a
 * malformed one is refused before the sink has seen a record. It also counts the records. Both requests have the same
 * envelopes, so one class walks both: two would make every call in it polymorphic. Field numbers:
 * opentelemetry-proto v1.
 */

import { STEP_BYTES, type Steps } from './steps.ts';
import { ValueChecker } from './value-checker.ts';

/** What the records of a request are. */
export type RecordKind = 'span' | 'log';

export class RequestValidator extends ValueChecker {
  /** Spans or log records met. */
  recordCount = 0;
  private readonly isLogs: boolean;
  /** Where the next step begins. */
  private stepEnd = STEP_BYTES;

  constructor(
    bytes: Buffer,
    data: DataView,
    { kind, depthMax }: { kind: RecordKind; depthMax: number },
  ) {
    super(bytes, data, depthMax);
    this.isLogs = kind === 'log';
  }

  /** Throws `WireFault` unless all of `[0, bytes.length)` is a well-formed request. */
  *request(): Steps<undefined> {
    const end = this.bytes.length;
    for (let at = 0; at < end; ) {
      const tag = this.tag(at, end);
      if (tag === 0x0a) {
        const next = this.delimited(this.after, end);
        yield* this.resourceRecords(this.after, next);
        at = next;
      } else at = this.skip(this.after, end, tag, 0);
    }
  }

  private *resourceRecords(at: number, end: number): Steps<undefined> {
    let resources = 0;
    while (at < end) {
      const tag = this.tag(at, end);
      at = this.after;
      if (tag === 0x0a) {
        resources += 1;
        const next = this.delimited(at, end);
        this.resource(this.after, next);
        at = next;
      } else if (tag === 0x12) {
        const next = this.delimited(at, end);
        yield* this.scopeRecords(this.after, next);
        at = next;
      } else if (tag === 0x1a) at = this.string(at, end);
      else at = this.skip(at, end, tag, 1);
    }
    if (resources > 1) this.needsMerge = true;
  }

  private resource(at: number, end: number): void {
    while (at < end) {
      const tag = this.tag(at, end);
      at = this.after;
      if (tag === 0x0a) at = this.attribute(at, end, 3);
      else if (tag === 0x1a) {
        const next = this.delimited(at, end);
        this.entityRef(this.after, next);
        at = next;
      } else at = this.skip(at, end, tag, 2);
    }
  }

  private entityRef(at: number, end: number): void {
    while (at < end) {
      const tag = this.tag(at, end);
      at = this.after;
      if (tag === 0x0a || tag === 0x12 || tag === 0x1a || tag === 0x22) at = this.string(at, end);
      else at = this.skip(at, end, tag, 3);
    }
  }

  private *scopeRecords(at: number, end: number): Steps<undefined> {
    let scopes = 0;
    while (at < end) {
      const tag = this.tag(at, end);
      at = this.after;
      if (tag === 0x12) {
        const next = this.delimited(at, end);
        this.recordCount += 1;
        if (this.isLogs) this.logRecord(this.after, next);
        else this.span(this.after, next);
        at = next;
        if (at >= this.stepEnd) {
          this.stepEnd = at + STEP_BYTES;
          yield;
        }
      } else if (tag === 0x0a) {
        scopes += 1;
        const next = this.delimited(at, end);
        this.scope(this.after, next);
        at = next;
      } else if (tag === 0x1a) at = this.string(at, end);
      else at = this.skip(at, end, tag, 2);
    }
    if (scopes > 1) this.needsMerge = true;
  }

  private scope(at: number, end: number): void {
    while (at < end) {
      const tag = this.tag(at, end);
      at = this.after;
      if (tag === 0x0a || tag === 0x12) at = this.string(at, end);
      else if (tag === 0x1a) at = this.attribute(at, end, 4);
      else at = this.skip(at, end, tag, 3);
    }
  }

  private span(at: number, end: number): void {
    const bytes = this.bytes;
    let statuses = 0;
    while (at < end) {
      let tag = bytes[at]!;
      if (tag < 128) at += 1;
      else {
        tag = this.tag(at, end);
        at = this.after;
      }
      if (tag === 0x4a) at = this.attribute(at, end, 4);
      else if (tag === 0x1a || tag === 0x2a) at = this.string(at, end);
      else if (tag === 0x5a || tag === 0x6a || tag === 0x7a) {
        const next = this.delimited(at, end);
        if (tag === 0x5a) this.event(this.after, next);
        else if (tag === 0x6a) this.link(this.after, next);
        else {
          statuses += 1;
          this.status(this.after, next);
        }
        at = next;
      } else at = this.skip(at, end, tag, 3);
    }
    if (statuses > 1) this.needsMerge = true;
  }

  private status(at: number, end: number): void {
    while (at < end) {
      const tag = this.tag(at, end);
      at = this.after;
      at = tag === 0x12 ? this.string(at, end) : this.skip(at, end, tag, 4);
    }
  }

  private event(at: number, end: number): void {
    while (at < end) {
      const tag = this.tag(at, end);
      at = this.after;
      if (tag === 0x12) at = this.string(at, end);
      else if (tag === 0x1a) at = this.attribute(at, end, 5);
      else at = this.skip(at, end, tag, 4);
    }
  }

  private link(at: number, end: number): void {
    while (at < end) {
      const tag = this.tag(at, end);
      at = this.after;
      if (tag === 0x1a) at = this.string(at, end);
      else if (tag === 0x22) at = this.attribute(at, end, 5);
      else at = this.skip(at, end, tag, 4);
    }
  }

  private logRecord(at: number, end: number): void {
    let bodies = 0;
    while (at < end) {
      const tag = this.tag(at, end);
      at = this.after;
      if (tag === 0x32) at = this.attribute(at, end, 4);
      else if (tag === 0x1a || tag === 0x62) at = this.string(at, end);
      else if (tag === 0x2a) {
        bodies += 1;
        const next = this.delimited(at, end);
        this.anyValue(this.after, next, 4);
        at = next;
      } else at = this.skip(at, end, tag, 3);
    }
    if (bodies > 1) this.needsMerge = true;
  }
}
