/**
 * Span → canonical call, or undefined: not an LLM call. Chooses the dialects, then makes their readings canonical.
 * Pure: no clock, no I/O; the same span always gives the same call. What dialects say of a kind of span is learned, so
 * that they are asked once a kind and not once a span (learned/, docs/decisions/0006-dialects-are-asked-once.md).
 */
import { ByteText } from '../decode/byte-text.ts';
import { SpanView } from '../decode/span-view.ts';
import { AttributeKeys } from './attribute-keys.ts';
import { AttributeReader } from './attribute-reader.ts';
import { AttributionReader } from './attribution.ts';
import { AttributionNames } from './attribution-names.ts';
import { type Attribution, type Call, NOBODY } from './call.ts';
import { type BillerClues, describeCall, type Reading } from './describe-call.ts';
import type { DialectDefinition, SpanFacts } from './dialect.ts';
import { DialectFinder } from './dialect-finder.ts';
import { finishCall, isDoubtful } from './finish-call.ts';
import { type CallTemplate, templateOf } from './learned/call-template.ts';
import { LearnedCalls, type Lesson, type ShapePlan } from './learned/learned-calls.ts';
import { type Asker, Outcome } from './learned/question.ts';
import { SpanCall } from './learned/span-call.ts';
import {
  ReadTrace,
  TracingReader,
  TracingResourceReader,
  tracedFacts,
} from './learned/tracing-reader.ts';
import { SamplingReader } from './sampling.ts';
import { nameBegins } from './span-condition.ts';

/** What the resource of a span says about where it ran. */
export interface ResourceFacts {
  service: string;
  environment: string;
}

/** Scopes are few in practice; a sender that makes them up must not fill the memory. */
const SCOPES_MAX = 4_096;

export class Normaliser {
  private readonly finder: DialectFinder;
  private readonly attribution: AttributionReader;
  private readonly namesOfOthers: AttributionNames;
  private readonly sampling: SamplingReader;
  private readonly learned: LearnedCalls;
  private readonly spanKeys = new AttributeKeys();
  private readonly resourceKeys = new AttributeKeys();
  private readonly spanReader: AttributeReader;
  private readonly resourceReader: AttributeReader;
  private readonly serverAddress: number;
  private readonly resourceProvider: number[];
  private readonly service: number;
  private readonly environment: number[];
  private readonly call: SpanCall;
  private readonly scopes = new Map<string, string>();
  private owner: SpanView | undefined;
  private resourceGeneration = -1;
  private scopeGeneration = -1;
  private scope = '';
  private resourceNumber = 0;
  /** Of the span read last, where its shape is known. */
  private plan: ShapePlan | undefined;
  private isToldByResource = false;
  /** Of the span read last, once somebody asked for it. */
  private attributionTold: Attribution | undefined;
  private readonly facts: SpanFacts;
  private readonly asker: Asker;
  readonly resource: ResourceFacts = { service: '', environment: '' };

  constructor(definitions: readonly DialectDefinition[]) {
    const { spanKeys, resourceKeys } = this;
    const dialects = definitions.map((definition) => definition.create(spanKeys, resourceKeys));
    const finder = new DialectFinder(dialects, spanKeys);
    this.finder = finder;
    this.attribution = new AttributionReader(spanKeys, resourceKeys);
    this.namesOfOthers = new AttributionNames(definitions, spanKeys);
    this.sampling = new SamplingReader(spanKeys);
    this.serverAddress = spanKeys.declare('server.address');
    this.resourceProvider = ['gen_ai.provider.name', 'gen_ai.system'].map((name) =>
      resourceKeys.declare(name),
    );
    this.service = resourceKeys.declare('service.name');
    this.environment = ['deployment.environment.name', 'deployment.environment'].map((name) =>
      resourceKeys.declare(name),
    );
    this.learned = new LearnedCalls(spanKeys, (keys) => finder.mayFind(keys));
    this.spanReader = new AttributeReader(spanKeys);
    this.resourceReader = new AttributeReader(resourceKeys);
    this.call = new SpanCall(this.spanReader, this.resourceReader);
    const asker: Asker = {
      view: new SpanView(),
      scope: '',
      resourceNumber: 0,
      resourcePosition: (key) => this.resourceReader.positionOf(key),
      nameText: () => new ByteText(Buffer.from(asker.view.nameText, 'utf8')),
    };
    this.asker = asker;
    this.facts = {
      attributes: this.spanReader,
      resource: this.resourceReader,
      scopeName: '',
      scopeVersion: '',
      spanName: '',
      spanKind: 0,
      nameBegins: (beginning) => nameBegins(this.facts.spanName, beginning),
    };
  }

  /** The canonical call of a span; undefined when no dialect knows it. Sets `resource` in any case. */
  normalise(view: SpanView): Call | undefined {
    return this.read(view)?.toCall();
  }

  /** As `normalise`, in one object that holds until the next span is read. */
  read(view: SpanView): SpanCall | undefined {
    this.attributionTold = undefined;
    this.readEnvelope(view);
    const { shape, keyShapes, attributes } = view;
    if (shape === undefined) {
      this.plan = undefined;
      this.spanReader.index(attributes);
      return this.finder.mayFind(this.spanReader.foundKeys) ? this.readByDialects(view) : undefined;
    }
    const plan = this.learned.planOf(keyShapes, shape, attributes);
    this.plan = plan;
    this.spanReader.point(attributes, plan.positions);
    return plan.mayBeCall ? this.readByPlan(view, plan) : undefined;
  }

  /** A call that was made otherwise, in the object that `read` gives. */
  hold(call: Call): SpanCall {
    this.call.take(call);
    return this.call;
  }

  /**
   * Whom the span that was normalised last was for, whether it is a call or not: the calls below a request may inherit
   * what only the request tells.
   */
  attributionOfLast(): Attribution {
    this.attributionTold ??= this.mayTellWhom()
      ? this.attribution.read(
          this.spanReader,
          this.resourceReader,
          this.namesOfOthers.read(this.spanReader),
        )
      : NOBODY;
    return this.attributionTold;
  }

  /** Most spans that are no calls tell nothing: that is known by their shape. */
  private mayTellWhom(): boolean {
    const { plan, spanReader } = this;
    if (this.isToldByResource) return true;
    if (plan === undefined) return spanReader.tellsAnything;
    plan.mayTellWhom ??=
      plan.positions.tags.length > 0 ||
      this.attribution.mayTell(plan.positions.foundKeys) ||
      this.namesOfOthers.mayTell(plan.positions.foundKeys);
    return plan.mayTellWhom;
  }

  private readByPlan(view: SpanView, plan: ShapePlan): SpanCall | undefined {
    const asker = this.askerOf(view);
    let outcome = plan.find(asker);
    if (outcome === undefined && this.learned.mayLearn()) {
      const lesson = this.study(view, plan);
      this.learned.learn(plan, asker, lesson);
      outcome = lesson.outcome;
    }
    if (outcome?.kind === 'none') {
      return undefined;
    }
    const template = isDoubtful(view) ? undefined : outcome?.template;
    const isFilled = template !== undefined && this.fill(template, view);
    return isFilled ? this.call : this.readByDialects(view);
  }

  /** The trace state is another in each trace; what attributes say of sampling is in the template. */
  private fill(template: CallTemplate, view: SpanView): boolean {
    if (view.traceStateEnd === view.traceStateStart) {
      return this.call.fill(template, view, undefined);
    }
    const isTold = template.context.sampling !== undefined;
    return !isTold && this.call.fill(template, view, this.sampling.read(view, this.spanReader));
  }

  private readByDialects(view: SpanView): SpanCall | undefined {
    const facts = this.factsOf(view);
    const readings = this.readingsOf(facts);
    if (readings.length === 0) {
      return undefined;
    }
    const description = describeCall(readings, this.cluesOf(this.spanReader, this.resourceReader));
    const { spanReader, resourceReader } = this;
    const attribution = this.attribution.read(spanReader, resourceReader, description.attribution);
    const sampling = this.sampling.read(view, spanReader);
    this.call.take(finishCall(description, view, { attribution, sampling }));
    return this.call;
  }

  private readingsOf(facts: SpanFacts): Reading[] {
    return this.finder
      .find(facts)
      .map((dialect) => ({ family: dialect.name, ...dialect.read(facts) }));
  }

  private cluesOf(span: AttributeReader, resource: AttributeReader): BillerClues {
    const host = span.text(this.serverAddress);
    return { host, ofResource: resource.firstText(this.resourceProvider) };
  }

  /** Reads the span once more, with an eye on what is asked of it. */
  private study(view: SpanView, plan: ShapePlan): Lesson {
    const trace = new ReadTrace();
    const attributes = new TracingReader(this.spanKeys, trace);
    attributes.point(view.attributes, plan.positions);
    const resource = new TracingResourceReader(this.resourceKeys, trace);
    resource.index(view.resource.attributes);
    const facts = tracedFacts(this.factsOf(view), { attributes, resource }, trace);
    try {
      const readings = this.readingsOf(facts);
      if (readings.length === 0) {
        return { askings: trace.askings, outcome: new Outcome('none') };
      }
      const description = describeCall(readings, this.cluesOf(attributes, resource));
      const attribution = this.attribution.read(attributes, resource, description.attribution);
      const sampling = this.sampling.readAttributes(attributes);
      const template = templateOf(description, { attribution, sampling });
      const kind = template === undefined ? 'unlearned' : 'call';
      return { askings: trace.askings, outcome: new Outcome(kind, template) };
    } catch {
      // A dialect looked at a hole: what it says of this span says nothing of others (learned/holes.ts).
      return { askings: trace.askings, outcome: new Outcome('unlearned') };
    }
  }

  private askerOf(view: SpanView): Asker {
    const { asker } = this;
    asker.view = view;
    asker.scope = this.scope;
    asker.resourceNumber = this.resourceNumber;
    return asker;
  }

  private factsOf(view: SpanView): SpanFacts {
    const { facts } = this;
    facts.scopeName = view.text(view.scope.nameStart, view.scope.nameEnd);
    facts.scopeVersion = view.text(view.scope.versionStart, view.scope.versionEnd);
    facts.spanName = view.nameText;
    facts.spanKind = view.kind;
    return facts;
  }

  private readEnvelope(view: SpanView): void {
    const { resource, scope } = view;
    if (this.owner !== view) {
      this.owner = view;
      this.resourceGeneration = this.scopeGeneration = -1;
    }
    if (this.resourceGeneration !== resource.generation) {
      this.resourceGeneration = resource.generation;
      this.resourceNumber++;
      this.resourceReader.index(resource.attributes);
      this.isToldByResource = this.attribution.isToldBy(this.resourceReader);
      this.resource.service = this.resourceReader.text(this.service) ?? '';
      this.resource.environment = this.resourceReader.firstText(this.environment) ?? '';
    }
    if (this.scopeGeneration !== scope.generation) {
      this.scopeGeneration = scope.generation;
      this.scope = this.scopeOf(view);
    }
  }

  /** Name and version of the scope in one text, the same object for equal ones. */
  private scopeOf(view: SpanView): string {
    const { nameStart, nameEnd, versionStart, versionEnd } = view.scope;
    const text = `${nameEnd - nameStart} ${view.text(nameStart, nameEnd)} ${view.text(versionStart, versionEnd)}`;
    const known = this.scopes.get(text);
    if (known !== undefined) {
      return known;
    }
    if (this.scopes.size >= SCOPES_MAX) {
      this.scopes.clear();
    }
    this.scopes.set(text, text);
    return text;
  }
}
