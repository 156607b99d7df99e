/**
 * The corpus of the benchmarks: traffic of a company in production, made up from a seed. Nothing of it is stored
 * but this generator, a sample of one request and a digest of many (corpus.test.ts), so that every run anywhere
 * has the same bytes.
 *
 *   const corpus = new Corpus({ seed: 1, mix: 'mixed', isContentRecorded: false });
 *   const request = corpus.next();   // 512 spans as ExportTraceServiceRequest bytes, other ids each time
 *   request.bytes; request.spans; request.llmSpans; request.renew(copy);   // see request.ts
 *
 * `mixed`: eleven services, about a sixth of the spans are LLM spans; they pass through one OpenTelemetry
 * Collector, so a request holds what ended in one stretch of time, of all services. `calls`: LLM spans only. For
 * the decoder's reference payload see reference.ts.
 */
import { Chance } from './chance.ts';
import { type CorpusRequest, RequestMaker } from './request.ts';
import type { Instance, Span } from './span.ts';
import { tellCallsOnly, tellMixed, type World } from './stories.ts';
import { Story } from './story.ts';
import { Texts } from './texts.ts';
import { makeFeatures, makeInstances, People } from './world.ts';

export interface CorpusOptions {
  readonly seed: number;
  readonly mix: 'mixed' | 'calls';
  /** Whether instrumentations record messages. Their default, and the corpus's without a word, is not. */
  readonly isContentRecorded: boolean;
  /** When the first trace begins; later ones follow at `spansPerS`. */
  readonly startMs?: number;
  /** How fast the company makes spans: how many fall into one hour. */
  readonly spansPerS?: number;
  readonly spansPerRequest?: number;
}

/** 2026-08-20T02:00:00Z: more than a million spans fit into the day at the usual rate. */
export const CORPUS_START_MS = 1_787_191_200_000;
const SPANS_PER_S = 60;
const SPANS_PER_REQUEST = 512;
/** Mean of a trace, by which traces are spaced. */
const SPANS_PER_TRACE = { mixed: 8, calls: 2.5 };
const NS_PER_MS = 1_000_000n;
/** Spans come out this much after their end: exporters wait, so that order is by end within it. */
const EXPORT_WAIT_NS = 5_000_000_000n;

export class Corpus {
  private readonly options: CorpusOptions;
  private readonly chance: Chance;
  private readonly world: World;
  private readonly instances: ReadonlyMap<string, readonly Instance[]>;
  private readonly maker = new RequestMaker();
  private running: Span[] = [];
  private ended: Span[] = [];
  private nowMs: number;

  constructor(options: CorpusOptions) {
    const { seed, isContentRecorded, startMs = CORPUS_START_MS } = options;
    this.options = options;
    // The company is the same for every seed; what happens in it is not.
    const own = new Chance(0x5eed);
    this.instances = makeInstances(own);
    this.world = {
      ...{ features: makeFeatures(own), people: new People(own) },
      texts: isContentRecorded ? new Texts(own) : undefined,
    };
    this.chance = new Chance(seed);
    this.nowMs = startMs;
  }

  /** The next request, for ever: ids never repeat. */
  next(): CorpusRequest {
    const { spansPerRequest = SPANS_PER_REQUEST } = this.options;
    while (this.ended.length < spansPerRequest) this.exportTick(spansPerRequest);
    return this.maker.make(this.ended.splice(0, spansPerRequest));
  }

  /** Lets traces happen for a while and takes what ended. */
  private exportTick(spans: number): void {
    const { mix, spansPerS = SPANS_PER_S } = this.options;
    const tell = mix === 'mixed' ? tellMixed : tellCallsOnly;
    const traces = Math.ceil(spans / SPANS_PER_TRACE[mix]);
    for (let n = 0; n < traces; n++) {
      this.nowMs += this.chance.wait((SPANS_PER_TRACE[mix] * 1000) / spansPerS);
      const startNs = BigInt(Math.floor(this.nowMs * 1000)) * (NS_PER_MS / 1000n);
      const story = new Story(this.chance, startNs, this.instances);
      tell(story, this.world);
      this.running.push(...story.spans);
    }
    const untilNs = BigInt(Math.floor(this.nowMs)) * NS_PER_MS - EXPORT_WAIT_NS;
    const isEnded = ({ endNs }: Span) => endNs <= untilNs;
    const ended = this.running.filter(isEnded);
    this.running = this.running.filter((span) => !isEnded(span));
    this.ended.push(...ended.sort((a, b) => (a.endNs < b.endNs ? -1 : a.endNs > b.endNs ? 1 : 0)));
  }
}
