/** Readers that note what they are asked for, and hand out holes for what is only handed on. */

import type { AttributeKeys, KeyId } from '../attribute-keys.ts';
import { AttributeReader } from '../attribute-reader.ts';
import type { SpanFacts } from '../dialect.ts';
import { nameBegins } from '../span-condition.ts';
import type { Tag } from '../tag-keys.ts';
import { isCount, saysText } from './attribute-answer.ts';
import { CountHole, ResourceHole, TextHole } from './holes.ts';
import { ASK, type Asking } from './question.ts';

/** The questions of one reading, each once. */
export class ReadTrace {
  private readonly asked = new Set<string>();
  readonly askings: Asking[] = [];

  note(ask: Asking['ask'], at = 0, detail = ''): void {
    const id = `${ask} ${at} ${detail}`;
    if (!this.asked.has(id)) {
      this.asked.add(id);
      this.askings.push({ ask, at, detail });
    }
  }
}

export class TracingReader extends AttributeReader {
  private readonly trace: ReadTrace;
  /** One for each position: two dialects that read the same count read the same. */
  private readonly counts = new Map<number, CountHole>();

  constructor(keys: AttributeKeys, trace: ReadTrace) {
    super(keys);
    this.trace = trace;
  }

  override passedText(keys: readonly KeyId[]): string | undefined {
    for (const key of keys) {
      const at = this.positionOf(key);
      if (at !== -1) {
        this.trace.note(ASK.text, at);
        if (saysText(this.list!, at)) {
          return new TextHole(at) as unknown as string;
        }
        const value = this.text(key);
        if (value !== undefined) {
          return value;
        }
      }
    }
    return undefined;
  }

  override count(keys: readonly KeyId[]): bigint | undefined {
    for (const key of keys) {
      const at = this.positionOf(key);
      if (at !== -1) {
        this.trace.note(ASK.count, at);
        if (!isCount(this.list!, at)) {
          throw new TypeError('a count that is written otherwise is read by the dialects');
        }
        return this.countHole(at) as unknown as bigint;
      }
    }
    return undefined;
  }

  /** The buckets of a template are tokens: what tells units too is read by the dialects. */
  override counted(keys: readonly KeyId[]): bigint | undefined {
    return none(super.counted(keys));
  }

  override measured(keys: readonly KeyId[]): bigint | undefined {
    return none(super.measured(keys));
  }

  /** Tags are handed on as they are. */
  override tags(): Tag[] {
    return [];
  }

  protected override at(key: KeyId): number {
    const at = this.positionOf(key);
    if (at !== -1) {
      this.trace.note(ASK.value, at);
    }
    return at;
  }

  private countHole(at: number): CountHole {
    const known = this.counts.get(at) ?? new CountHole(at);
    this.counts.set(at, known);
    return known;
  }
}

/** No units are told, or 0 of them, which is learned as the value that it is. */
function none(quantity: bigint | undefined): bigint | undefined {
  if (quantity !== undefined && quantity > 0n)
    throw new TypeError('units are read by the dialects');
  return quantity;
}

export class TracingResourceReader extends AttributeReader {
  private readonly trace: ReadTrace;

  constructor(keys: AttributeKeys, trace: ReadTrace) {
    super(keys);
    this.trace = trace;
  }

  /** Whether a key is there is no matter of the span's shape, so that is asked too. */
  override has(key: KeyId): boolean {
    return this.at(key) !== -1;
  }

  protected override at(key: KeyId): number {
    this.trace.note(ASK.resource, key);
    return this.positionOf(key);
  }

  override passedText(keys: readonly KeyId[]): string {
    return new ResourceHole(keys) as unknown as string;
  }
}

/** A span's facts that note which of them are looked at. */
export function tracedFacts(
  facts: SpanFacts,
  readers: { attributes: TracingReader; resource: TracingResourceReader },
  trace: ReadTrace,
): SpanFacts {
  const { scopeName, scopeVersion, spanName, spanKind } = facts;
  return {
    ...readers,
    get scopeName() {
      trace.note(ASK.scope);
      return scopeName;
    },
    get scopeVersion() {
      trace.note(ASK.scope);
      return scopeVersion;
    },
    get spanName() {
      trace.note(ASK.name);
      return spanName;
    },
    get spanKind() {
      trace.note(ASK.kind);
      return spanKind;
    },
    nameBegins(beginning) {
      trace.note(ASK.nameBegins, 0, beginning);
      return nameBegins(spanName, beginning);
    },
  };
}
