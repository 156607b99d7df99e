/**
 * The test's own book: every span and log event that was ever sent, whether its sender was told that it is kept, and
 * what the ledger must say of it in the end.
 * Invariant: a span is entered before its first byte leaves, so that nothing stored can be unknown here.
 */
import type { Usage } from '@ai-cost-profiler/clickhouse/usage.ts';

/** Whom a call is for; '' where nobody tells. */
export interface Whom {
  readonly user: string;
  readonly session: string;
  readonly feature: string;
  readonly agent: string;
  /** Of the tag `team`. */
  readonly team: string;
}

export const NOBODY: Whom = { user: '', session: '', feature: '', agent: '', team: '' };

/** The entry that must stand for a span when everything has come to rest. */
export interface Bill {
  /** `leaf` and `agent_only` are billed; of the others the entry is all zeros. */
  readonly role: 'leaf' | 'agent_only' | 'aggregate' | 'mirror';
  readonly provider: string;
  readonly model: string;
  readonly startNs: bigint;
  /** Disjoint buckets; undefined when the call tells no usage. */
  readonly usage: Usage | undefined;
  /** The other reading, where it is only assumed that the input total holds the cache tokens. */
  readonly otherReading: Usage | undefined;
  /** The cost that the emitter tells, in atto-dollars, of a call that has no price of its own. */
  readonly reportedAtto: bigint | undefined;
  readonly whom: Whom;
}

export interface SentSpan {
  readonly tenant: string;
  /** Of a log event, which is given its ids by the collector: its session. */
  readonly traceId: string;
  /** Of a log event: its start. */
  readonly spanId: string;
  /** Which sender sent it first, in which of its batches, for the report. */
  readonly batch: string;
  /** Versions of it, oldest first, as they were sent. */
  readonly forms: SentForm[];
  /** Undefined: no entry may stand. */
  readonly bill: Bill | undefined;
}

/** One version of a span. */
export interface SentForm {
  readonly span: SentSpan;
  readonly name: string;
  /** As `spans.role` shows it: the role that the span alone suggests. */
  readonly role: string;
  readonly startNs: bigint;
  isAcknowledged: boolean;
  /** Rows found in `spans`; filled anew by each verification. */
  stored: number;
}

/** Whether anything of it must be in the tables. */
export function isStored({ forms }: SentSpan): boolean {
  return forms.some(({ stored }) => stored > 0);
}

/** Stands for the trace of the log events of one session. */
export function sessionPlace(session: string): string {
  return `session:${session}`;
}

export class SentSpans {
  private readonly byKey = new Map<string, SentSpan>();
  acknowledged = 0;

  /** Spans and log events, each in all its versions. */
  get sent(): number {
    let count = 0;
    for (const { forms } of this.byKey.values()) {
      count += forms.length;
    }
    return count;
  }

  /** Enters a span in its first version; `addForm` adds others. */
  add(span: Omit<SentSpan, 'forms'>, form: Pick<SentForm, 'name' | 'role' | 'startNs'>): SentForm {
    const key = keyOf(span.tenant, span.traceId, span.spanId);
    if (this.byKey.has(key)) {
      throw new Error(`the test made the span ${key} twice`);
    }
    const entered: SentSpan = { ...span, forms: [] };
    this.byKey.set(key, entered);
    return addForm(entered, form);
  }

  acknowledge(forms: readonly SentForm[]): void {
    for (const form of forms) {
      if (!form.isAcknowledged) {
        form.isAcknowledged = true;
        this.acknowledged++;
      }
    }
  }

  find(tenant: string, traceId: string, spanId: string): SentSpan | undefined {
    return this.byKey.get(keyOf(tenant, traceId, spanId));
  }

  /** A log event is found by its session and start. */
  findRow(row: {
    tenant: string;
    traceId: string;
    spanId: string;
    session: string;
    startNs: string;
  }) {
    return (
      this.find(row.tenant, row.traceId, row.spanId) ??
      this.find(row.tenant, sessionPlace(row.session), row.startNs)
    );
  }

  all(): Iterable<SentSpan> {
    return this.byKey.values();
  }

  /** Before the tables are compared once more. */
  forgetStored(): void {
    for (const { forms } of this.byKey.values()) {
      for (const form of forms) {
        form.stored = 0;
      }
    }
  }
}

export function addForm(
  span: SentSpan,
  { name, role, startNs }: Pick<SentForm, 'name' | 'role' | 'startNs'>,
): SentForm {
  const form = { span, name, role, startNs, isAcknowledged: false, stored: 0 };
  span.forms.push(form);
  return form;
}

function keyOf(tenant: string, traceId: string, spanId: string): string {
  return `${tenant}/${traceId}/${spanId}`;
}
