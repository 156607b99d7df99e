/**
 * The prompt of a call → its columns: who made the sketch, the sketch, the boundaries. A shape of attributes is looked
 * at once for where it holds a prompt, so that a call without one costs a look-up.
 */

import type { StringColumn } from '@ai-cost-profiler/clickhouse/native/columns.ts';
import type { LowCardinalityColumn } from '@ai-cost-profiler/clickhouse/native/low-cardinality-column.ts';
import type { AttributeList } from '../../decode/attribute-list.ts';
import type { KeyShape } from '../../decode/key-shapes.ts';
import type { SpanView } from '../../decode/span-view.ts';
import { attributeText } from '../attribute-text.ts';
import { readPromptText } from './prompt-messages.ts';
import {
  BOUNDARIES_UNITS_MAX,
  type PromptMessage,
  type PromptSketcher,
  SKETCH_BYTES,
} from './prompt-sketch.ts';
import { findPromptSource, type PromptPlace, type PromptSource } from './prompt-sources.ts';

export interface PromptColumnSet {
  readonly prompt_maker: LowCardinalityColumn;
  readonly prompt_sketch: StringColumn;
  readonly prompt_boundaries: StringColumn;
}

interface Sketching {
  readonly tenant: string;
  readonly redactor: { sketcherOf(tenant: string): PromptSketcher };
}

/** By an instrumentation of ours, and by the collector: their sketches cannot be compared. */
const TOLD = 'm1';
const MADE = 'c1';
const TOLD_FINGERPRINT = /^m1\.([\w-]{171})$/;
const TOLD_BOUNDARIES = /^[\w-]{8}\.[0-9a-z]{1,8}(?: [\w-]{8}\.[0-9a-z]{1,8})*$/;
/** Of so many shapes it is remembered where they hold the prompt; then all are forgotten. */
const SHAPES_MAX = 16_384;
const EVENT_ROLE = /^gen_ai\.(?:system|user|assistant|tool)\.message$/;

export class PromptColumns {
  private readonly columns: PromptColumnSet;
  private readonly sources = new Map<KeyShape, PromptSource | undefined>();

  constructor(columns: PromptColumnSet) {
    this.columns = columns;
  }

  /** One row: of a call. */
  append(view: SpanView, sketching: Sketching): void {
    const source = this.sourceOf(view.attributes, view.shape);
    if (source?.kind === 'told') this.appendTold(view.attributes, source);
    else
      this.appendMade(
        source === undefined ? saidInEvents(view) : saidIn(view.attributes, source),
        sketching,
      );
  }

  /** One row: of a span that is no call. */
  appendNone(): void {
    const { prompt_maker, prompt_sketch, prompt_boundaries } = this.columns;
    for (const column of [prompt_maker, prompt_sketch, prompt_boundaries]) column.appendDefault();
  }

  private sourceOf(list: AttributeList, shape: KeyShape | undefined): PromptSource | undefined {
    if (shape === undefined) return findPromptSource(keysOf(list));
    if (this.sources.has(shape)) return this.sources.get(shape);
    if (this.sources.size >= SHAPES_MAX) this.sources.clear();
    const source = findPromptSource(keysOf(list));
    this.sources.set(shape, source);
    return source;
  }

  private appendTold(
    list: AttributeList,
    { fingerprint, boundaries }: Extract<PromptSource, { kind: 'told' }>,
  ): void {
    const { columns } = this;
    const digits = TOLD_FINGERPRINT.exec(
      fingerprint === -1 ? '' : attributeText(list, fingerprint),
    )?.[1];
    const ends = boundaries === -1 ? '' : attributeText(list, boundaries);
    columns.prompt_maker.appendText(TOLD);
    appendBytes(
      columns.prompt_sketch,
      digits === undefined ? undefined : Buffer.from(digits, 'base64url'),
    );
    columns.prompt_boundaries.appendText(areBoundaries(ends) ? ends : '');
  }

  private appendMade(messages: readonly PromptMessage[], { tenant, redactor }: Sketching): void {
    const { columns } = this;
    if (messages.length === 0) {
      this.appendNone();
      return;
    }
    const sketcher = redactor.sketcherOf(tenant);
    columns.prompt_maker.appendText(MADE);
    appendBytes(columns.prompt_sketch, sketcher.sketch(messages));
    columns.prompt_boundaries.appendText(sketcher.boundaries(messages));
  }
}

/** Longer ones than any sketch has are none: what comes later reads them where they lie, with room for no more. */
const areBoundaries = (text: string): boolean =>
  text.length <= BOUNDARIES_UNITS_MAX && TOLD_BOUNDARIES.test(text);

function appendBytes(column: StringColumn, bytes: Buffer | undefined): void {
  if (bytes === undefined || bytes.length !== SKETCH_BYTES) column.appendDefault();
  else column.appendRange(bytes, 0, bytes.length);
}

const keysOf = (list: AttributeList): string[] =>
  Array.from({ length: list.count }, (_, i) => list.keyText(i));

function saidIn(
  list: AttributeList,
  source: Exclude<PromptSource, { kind: 'told' }>,
): PromptMessage[] {
  return source.kind === 'json'
    ? source.attributes.flatMap((at) => readPromptText(attributeText(list, at)))
    : numberedMessages(list, source.places);
}

/** The attributes of a message come one after the other. */
function numberedMessages(list: AttributeList, places: readonly PromptPlace[]): PromptMessage[] {
  const messages = new Map<number, { words: string; exact: string }>();
  for (const { attribute, message: number, as } of places) {
    const message = messages.get(number) ?? { words: '', exact: '' };
    messages.set(number, message);
    const text = attributeText(list, attribute);
    if (as === 'words') message.words += (message.words === '' ? '' : '\n') + wordsOf(text);
    message.exact += `${text.length}.${text}`;
  }
  return [...messages.values()];
}

/** A content may be JSON of parts. */
const wordsOf = (text: string): string =>
  text.startsWith('[')
    ? readPromptText(text)
        .map(({ words }) => words)
        .join('\n')
    : text;

/** As instrumentations told prompts before the conventions had attributes for them: an event a message. */
function saidInEvents(view: SpanView): PromptMessage[] {
  const messages: PromptMessage[] = [];
  view.forEachEvent(({ nameText, attributes }) => {
    if (!EVENT_ROLE.test(nameText)) return;
    const at = attributes.indexOf('content');
    if (at === -1) return;
    const text = attributeText(attributes, at);
    messages.push({ words: wordsOf(text), exact: `${nameText}.${text}` });
  });
  return messages;
}
