/**
 * Span → canonical call, or undefined: not an LLM call. Chooses the dialect, then makes its reading canonical.
 * Pure: no clock, no I/O; the same span always gives the same call.
 */
import { type AttoUsd, parseUsd } from '@ai-cost-profiler/clickhouse/money.ts';
import type { SpanView } from '../decode/span-view.ts';
import { AttributeKeys } from './attribute-keys.ts';
import { AttributeReader } from './attribute-reader.ts';
import { AttributionReader, withoutFalseSession } from './attribution.ts';
import { type Attribution, type Call, type CallUsage, NOBODY } from './call.ts';
import type { DialectDefinition, DialectReading, SpanFacts } from './dialect.ts';
import { DialectFinder } from './dialect-finder.ts';
import { placeOperation } from './operations.ts';
import { normaliseProvider, providerOfModel } from './providers.ts';
import { SamplingReader } from './sampling.ts';
import { toDisjointUsage } from './usage/disjoint-usage.ts';
import { hasUsage, type RawUsage } from './usage/raw-usage.ts';
import { reconcileUsage } from './usage/reconcile-usage.ts';

const STATUS_ERROR = 2;

/** What the resource of a span says about where it ran. */
export interface ResourceFacts {
  service: string;
  environment: string;
}

export class Normaliser {
  private readonly finder: DialectFinder;
  private readonly attribution: AttributionReader;
  private readonly sampling: SamplingReader;
  private readonly spanReader: AttributeReader;
  private readonly resourceReader: AttributeReader;
  private readonly serverAddress: number;
  private readonly service: number;
  private readonly environment: number[];
  private resourceGeneration = -1;
  private resourceOwner: object | undefined;
  private readonly facts: SpanFacts;
  readonly resource: ResourceFacts = { service: '', environment: '' };

  constructor(definitions: readonly DialectDefinition[]) {
    const spanKeys = new AttributeKeys();
    const resourceKeys = new AttributeKeys();
    const dialects = definitions.map((definition) => definition.create(spanKeys, resourceKeys));
    this.finder = new DialectFinder(dialects, spanKeys);
    this.attribution = new AttributionReader(spanKeys, resourceKeys);
    this.sampling = new SamplingReader(spanKeys);
    this.serverAddress = spanKeys.declare('server.address');
    this.service = resourceKeys.declare('service.name');
    this.environment = ['deployment.environment.name', 'deployment.environment'].map((name) =>
      resourceKeys.declare(name),
    );
    this.spanReader = new AttributeReader(spanKeys);
    this.resourceReader = new AttributeReader(resourceKeys);
    this.facts = {
      attributes: this.spanReader,
      resource: this.resourceReader,
      scopeName: '',
      scopeVersion: '',
      spanName: '',
      spanKind: 0,
    };
  }

  /** The canonical call of a span; undefined when no dialect knows it. Sets `resource` in any case. */
  normalise(view: SpanView): Call | undefined {
    this.readResource(view);
    this.spanReader.index(view.attributes);
    if (!this.finder.mayFind(this.spanReader)) {
      return undefined;
    }
    const { facts } = this;
    facts.scopeName = view.text(view.scope.nameStart, view.scope.nameEnd);
    facts.scopeVersion = view.text(view.scope.versionStart, view.scope.versionEnd);
    facts.spanName = view.nameText;
    facts.spanKind = view.kind;
    const readings = this.finder
      .find(facts)
      .map((dialect) => ({ family: dialect.name, ...dialect.read(facts) }));
    return readings.length === 0 ? undefined : this.toCall(readings, view);
  }

  /**
   * Whom the span that was normalised last was for, whether it is a call or not: the calls below a request may inherit
   * what only the request tells.
   */
  attributionOfLast(): Attribution {
    return this.spanReader.known === 0 && !this.spanReader.hasTags
      ? NOBODY
      : this.attribution.read(this.spanReader, this.resourceReader, {});
  }

  private readResource(view: SpanView): void {
    if (this.resourceOwner === view && this.resourceGeneration === view.resource.generation) {
      return;
    }
    this.resourceOwner = view;
    this.resourceGeneration = view.resource.generation;
    this.resourceReader.index(view.resource.attributes);
    this.resource.service = this.resourceReader.text(this.service) ?? '';
    this.resource.environment = this.resourceReader.firstText(this.environment) ?? '';
  }

  /** Several dialects may know one span: what the first does not tell, the next may. */
  private toCall(readings: readonly Reading[], view: SpanView): Call {
    const provider = providerOf(readings, this.spanReader.text(this.serverAddress));
    const isUsed = readings.some(({ usage }) => hasUsage(usage));
    const placed = placeOperation(first(readings, 'operation'), isUsed);
    const { role, reason } = first(readings, 'role') ?? placed;
    const { usage, missing } = readUsage(readings, provider, view);
    const responseId = first(readings, 'responseId') ?? '';
    const sampling = this.sampling.read(view, this.spanReader);
    const own = Object.assign({}, ...readings.map(({ attribution }) => attribution).toReversed());
    return {
      dialect: readings[0]!.family,
      operation: placed.operation,
      role,
      roleReason: reason,
      provider,
      requestModel: first(readings, 'requestModel') ?? '',
      responseModel: first(readings, 'responseModel') ?? '',
      responseId,
      usage,
      missingUsageReason: role === 'leaf' ? missing : '',
      reportedAtto: reportedCost(first(readings, 'reportedUsd')),
      context: Object.assign(
        sampling === undefined ? {} : { sampling },
        ...readings.map(({ context }) => context).toReversed(),
      ),
      attribution: withoutFalseSession(
        this.attribution.read(this.spanReader, this.resourceReader, own),
        { responseId, traceId: traceIdOf(view) },
      ),
    };
  }
}

type Reading = DialectReading & { family: string };

function traceIdOf({ bytes, traceIdStart, traceIdEnd }: SpanView): string {
  return bytes.toString('hex', traceIdStart, traceIdEnd);
}

/** The first reading that tells it: dialects stand in the order of trust in dialects.ts. */
function first<Name extends keyof DialectReading>(
  readings: readonly Reading[],
  name: Name,
): DialectReading[Name] | undefined {
  return readings.find((reading) => reading[name] !== undefined)?.[name];
}

/** A real provider wins over a framework's name, whichever dialect tells it; then the host, then the model's name. */
function providerOf(readings: readonly Reading[], host: string | undefined): string {
  for (const { provider } of readings) {
    const canonical = provider === undefined ? '' : normaliseProvider(provider, host);
    if (canonical !== '') {
      return canonical;
    }
  }
  const models = [first(readings, 'responseModel'), first(readings, 'requestModel')];
  return (
    normaliseProvider(undefined, host) ||
    (models.map((model) => providerOfModel(model ?? '')).find((name) => name !== '') ?? '')
  );
}

/** An amount that is no plain decimal of at most 18 places says nothing that can be relied on. */
function reportedCost(text: string | undefined): AttoUsd | undefined {
  if (text === undefined) {
    return undefined;
  }
  try {
    return parseUsd(text);
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

/** What emitters write beside a failure: nothing was received, not that nothing was used. */
function isAllZero({ units, ...counts }: RawUsage): boolean {
  return units === undefined && Object.values(counts).every((count) => (count ?? 0n) === 0n);
}

function readUsage(
  readings: readonly Reading[],
  provider: string,
  view: SpanView,
): { usage: CallUsage | undefined; missing: string } {
  const { raw, inclusion, conflicts } = reconcileUsage(
    readings.map(({ family, usage, inclusion: known, authority }) => ({
      family,
      raw: usage,
      inclusion: known,
      authority,
    })),
  );
  const failed = view.statusCode === STATUS_ERROR;
  if (!hasUsage(raw) || (failed && isAllZero(raw))) {
    const cut = view.droppedAttributesCount > 0;
    return {
      usage: undefined,
      missing: cut
        ? 'attribute_limit'
        : failed
          ? 'error'
          : (first(readings, 'missingUsage') ?? 'not_reported'),
    };
  }
  const usage = toDisjointUsage(raw, provider, inclusion);
  if ('contradiction' in usage) {
    return { usage: undefined, missing: usage.contradiction };
  }
  if (Object.keys(usage.buckets).length === 0) {
    // A total of both, or cache tokens alone, cannot be priced: no buckets would make a silent zero.
    return { usage: undefined, missing: 'only_total_reported' };
  }
  const evidence =
    conflicts.length === 0
      ? usage.evidence
      : `${usage.evidence}; not believed: ${conflicts.join(', ')}`;
  return { usage: { ...usage, evidence }, missing: '' };
}
