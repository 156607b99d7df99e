/**
 * Traffic as SDKs send it: services of three processes each, of which each exports what ended, every five seconds or at
 * 512 spans (the default of OpenTelemetry's BatchSpanProcessor), so that a trace comes in one request or in several.
 * The mix, in traces: 45 % one service with one or two chats, 20 % an agent that repeats the sum of its calls, 15 % a
 * framework's span around each call of a provider's SDK, 12 % two services, 5 % a client and a gateway in a trace of
 * its own that show the same responses, 3 % whose root is never exported. In three of ten only the root tells user and
 * session. A chat takes 0.3 s and more, 1.5 s in the mean; traces begin at random, twenty a second.
 */
import { requestType } from '@ai-cost-profiler/collector/decode/fixtures/otlp-oracle.ts';
import { createRandom, type Random } from '@ai-cost-profiler/collector/demo/random.ts';

interface Span {
  readonly service: string;
  readonly traceId: Buffer;
  readonly spanId: Buffer;
  readonly parent: Buffer | undefined;
  readonly name: string;
  readonly kind: number;
  readonly scope: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Record<string, string | number>;
}

type Attributes = Span['attributes'];

const TRACES_PER_S = 20;
const PROCESSES = 3;
const EXPORT_EVERY_MS = 5_000;
const BATCH_SPANS_MAX = 512;
const [INTERNAL, SERVER, CLIENT] = [1, 2, 3];
const MODEL = 'gpt-4o-2024-08-06';

/** One trace while it is made up: a clock, and whom it is for. */
class Story {
  readonly spans: Span[] = [];
  readonly whom: Attributes;
  private readonly random: Random;
  private readonly traceId: Buffer;
  private readonly startMs: number;

  constructor(random: Random, startMs: number) {
    this.random = random;
    this.startMs = startMs;
    this.traceId = this.bytes(16);
    const user = random.whole(1, 500);
    this.whom = {
      'user.id': `user-${user}`,
      'session.id': `session-${user}`,
      'aicost.feature': 'ask',
    };
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.random.whole(0, 255)));
  }

  chance(share: number): boolean {
    return this.random.chance(share);
  }

  chatMs(): number {
    return 300 + this.random.whole(0, 2_400);
  }

  /** Adds a span that lasts until the last one within it has ended; gives its end. */
  span(
    about: { service: string; name: string; kind?: number; scope?: string; parent?: Buffer },
    { atMs, ownMs = 5, attributes = {} }: { atMs: number; ownMs?: number; attributes?: Attributes },
    within: (own: Buffer, atMs: number) => number = (_own, at) => at,
  ): number {
    const spanId = this.bytes(8);
    const endMs = within(spanId, atMs + ownMs / 2) + ownMs / 2;
    const { service, name, kind = INTERNAL, scope = 'app', parent } = about;
    const [start, end] = [this.startMs + atMs, this.startMs + endMs];
    const { traceId } = this;
    this.spans.push({
      service,
      traceId,
      spanId,
      parent,
      name,
      kind,
      scope,
      startMs: start,
      endMs: end,
      attributes,
    });
    return endMs;
  }

  chat(service: string, parent: Buffer, atMs: number, more: Attributes = {}): number {
    const about = { service, name: `chat ${MODEL}`, kind: CLIENT, scope: 'openai', parent };
    return this.span(about, { atMs, ownMs: this.chatMs(), attributes: llm('chat', 1, more) });
  }
}

function llm(operation: string, calls: number, more: Attributes): Attributes {
  return {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': MODEL,
    'gen_ai.usage.input_tokens': 1000 * calls,
    'gen_ai.usage.output_tokens': 200 * calls,
    ...more,
  };
}

type Tell = (story: Story, own: Attributes) => Story[];

/** `own`: what each call tells of whom it was for; the root tells it in any case. */
function rooted(
  story: Story,
  service: string,
  work: (root: Buffer, atMs: number) => number,
  parent?: Buffer,
): Story[] {
  const about = { service, name: 'POST /ask', kind: SERVER, ...(parent ? { parent } : {}) };
  story.span(about, { atMs: 0, attributes: story.whom }, (root, atMs) => {
    const loaded = story.span(
      { service, name: 'SELECT user', kind: CLIENT, parent: root },
      { atMs },
    );
    return work(root, loaded);
  });
  return [story];
}

const chats: Tell = (story, own) =>
  rooted(story, 'shop', (root, atMs) => {
    const first = story.chat('shop', root, atMs, own);
    return story.chance(0.4) ? story.chat('shop', root, first, own) : first;
  });

const agent: Tell = (story, own) =>
  rooted(story, 'support', (root, atMs) => {
    const about = { service: 'support', name: 'invoke_agent triage', parent: root };
    return story.span(about, { atMs, attributes: llm('invoke_agent', 3, own) }, (self, at) => {
      let now = at;
      for (let turn = 0; turn < 3; turn++) {
        now = story.chat('support', self, now, own);
        const attributes = { 'gen_ai.operation.name': 'execute_tool' };
        const tool = { service: 'support', name: 'execute_tool search', parent: self };
        now = story.span(tool, { atMs: now, ownMs: 40, attributes });
      }
      return now;
    });
  });

const framework: Tell = (story, own) =>
  rooted(story, 'search', (root, atMs) => {
    let now = atMs;
    for (let turn = 0; turn < 2; turn++) {
      const about = { service: 'search', name: 'ChatOpenAI', scope: 'langchain', parent: root };
      now = story.span(about, { atMs: now, attributes: llm('chat', 1, own) }, (self, at) =>
        story.chat('search', self, at, own),
      );
    }
    return now;
  });

const twoServices: Tell = (story, own) =>
  rooted(story, 'web', (root, atMs) => {
    const about = { service: 'web', name: 'POST', kind: CLIENT, parent: root };
    return story.span(about, { atMs }, (self, at) => {
      const server = { service: 'answers', name: 'POST /answer', kind: SERVER, parent: self };
      return story.span(server, { atMs: at }, (inner, then) =>
        story.chat('answers', inner, then, own),
      );
    });
  });

/** Two traces: the gateway was called without the trace's context. */
function gateway(story: Story, own: Attributes, other: Story): Story[] {
  const response = { 'gen_ai.response.id': `chatcmpl-${story.bytes(12).toString('hex')}` };
  rooted(story, 'shop', (root, atMs) => story.chat('shop', root, atMs, { ...own, ...response }));
  const attributes = llm('chat', 1, response);
  const about = { service: 'gateway', name: 'proxy chat', kind: SERVER, scope: 'gateway' };
  other.span(about, { atMs: 20, ownMs: 900, attributes });
  return [story, other];
}

const withoutRoot: Tell = (story, own) =>
  rooted(
    story,
    'mobile-api',
    (root, atMs) => story.chat('mobile-api', root, atMs, own),
    story.bytes(8),
  );

/** Requests in the order in which they would be sent, as protobuf. */
export function realisticRequests(traces: number, seed: number): Buffer[] {
  const random = createRandom(seed);
  const startMs = Date.now() - 3_600_000 - (traces * 1000) / TRACES_PER_S;
  const stories: Story[] = [];
  while (stories.length < traces) {
    const atMs = startMs + (stories.length * 1000) / TRACES_PER_S + random.whole(0, 1000);
    const story = new Story(random, atMs);
    const own = random.chance(0.7) ? story.whom : {};
    const tell = random.pickWeighted<Tell>([
      [chats, 45],
      [agent, 20],
      [framework, 15],
      [twoServices, 12],
      [(one, whom) => gateway(one, whom, new Story(random, atMs)), 5],
      [withoutRoot, 3],
    ]);
    stories.push(...tell(story, own));
  }
  return exported(stories, random);
}

/** Each process exports on its own clock what ended since. */
function exported(stories: readonly Story[], random: Random): Buffer[] {
  const offsets = new Map<string, number>();
  const byExport = new Map<string, { sentMs: number; spans: Span[] }>();
  for (const { spans } of stories) {
    const process = random.whole(1, PROCESSES);
    for (const span of spans) {
      const sender = `${span.service} ${process}`;
      const offset = offsets.get(sender) ?? random.whole(0, EXPORT_EVERY_MS);
      offsets.set(sender, offset);
      const tick = Math.ceil((span.endMs - offset) / EXPORT_EVERY_MS);
      const key = `${sender} ${tick}`;
      const sentMs = tick * EXPORT_EVERY_MS + offset;
      const one = byExport.get(key) ?? { sentMs, spans: [] };
      one.spans.push(span);
      byExport.set(key, one);
    }
  }
  return [...byExport.values()]
    .sort((a, b) => a.sentMs - b.sentMs)
    .flatMap(({ spans }) => batches(spans.sort((a, b) => a.endMs - b.endMs)))
    .map(encode);
}

function batches(spans: readonly Span[]): Span[][] {
  const count = Math.ceil(spans.length / BATCH_SPANS_MAX);
  return Array.from({ length: count }, (_, n) =>
    spans.slice(n * BATCH_SPANS_MAX, (n + 1) * BATCH_SPANS_MAX),
  );
}

function encode(spans: readonly Span[]): Buffer {
  const attribute = ([key, value]: [string, string | number]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
  });
  const nanos = (ms: number) => String(BigInt(Math.round(ms * 1000)) * 1000n);
  const scopeSpans = [...Map.groupBy(spans, ({ scope }) => scope)].map(([name, own]) => ({
    scope: { name, version: '1.0.0' },
    spans: own.map((span) => ({
      traceId: span.traceId,
      spanId: span.spanId,
      ...(span.parent === undefined ? {} : { parentSpanId: span.parent }),
      ...{ name: span.name, kind: span.kind },
      startTimeUnixNano: nanos(span.startMs),
      endTimeUnixNano: nanos(span.endMs),
      attributes: Object.entries(span.attributes).map(attribute),
    })),
  }));
  const resource = { attributes: [attribute(['service.name', spans[0]!.service])] };
  const request = { resourceSpans: [{ resource, scopeSpans }] };
  return Buffer.from(requestType.encode(requestType.fromObject(request)).finish());
}
