/**
 * Span → canonical call, or undefined: not an LLM call. Chooses the dialect, then makes its reading canonical.
 * Pure: no clock, no I/O; the same span always gives the same call.
 */
import type { SpanView } from '../decode/span-view.ts';
import { AttributeKeys } from './attribute-keys.ts';
import { AttributeReader } from './attribute-reader.ts';
import { AttributionReader } from './attribution.ts';
import type { Call, CallUsage } from './call.ts';
import type { Dialect, DialectDefinition, DialectReading, SpanFacts } from './dialect.ts';
import { placeOperation } from './operations.ts';
import { normaliseProvider } from './providers.ts';
import { toDisjointUsage } from './usage/disjoint-usage.ts';
import { hasUsage } from './usage/raw-usage.ts';

const STATUS_ERROR = 2;

/** What the resource of a span says about where it ran. */
export interface ResourceFacts {
  service: string;
  environment: string;
}

export class Normaliser {
  private readonly dialects: readonly Dialect[];
  private readonly attribution: AttributionReader;
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
    this.dialects = definitions.map((definition) => definition.create(spanKeys));
    this.attribution = new AttributionReader(spanKeys, resourceKeys);
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
    if (this.spanReader.known === 0) {
      return undefined;
    }
    const { facts } = this;
    facts.scopeName = view.text(view.scope.nameStart, view.scope.nameEnd);
    facts.scopeVersion = view.text(view.scope.versionStart, view.scope.versionEnd);
    facts.spanName = view.nameText;
    facts.spanKind = view.kind;
    const dialect = this.dialects.find((each) => each.recognises(facts));
    return dialect === undefined ? undefined : this.toCall(dialect, view);
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

  private toCall(dialect: Dialect, view: SpanView): Call {
    const reading = dialect.read(this.facts);
    const provider = normaliseProvider(reading.provider, this.spanReader.text(this.serverAddress));
    const isUsed = hasUsage(reading.usage);
    const { operation, role, reason } = placeOperation(reading.operation, isUsed);
    const { usage, missing } = readUsage(reading, provider, view);
    return {
      dialect: dialect.name,
      operation,
      role,
      roleReason: reason,
      provider,
      requestModel: reading.requestModel ?? '',
      responseModel: reading.responseModel ?? '',
      responseId: reading.responseId ?? '',
      usage,
      missingUsageReason: role === 'leaf' ? missing : '',
      reportedAtto: undefined,
      context: reading.context,
      attribution: this.attribution.read(this.spanReader, this.resourceReader, reading.attribution),
    };
  }
}

function readUsage(
  { usage: raw }: DialectReading,
  provider: string,
  view: SpanView,
): { usage: CallUsage | undefined; missing: string } {
  if (!hasUsage(raw)) {
    const cut = view.droppedAttributesCount > 0;
    const failed = view.statusCode === STATUS_ERROR;
    return {
      usage: undefined,
      missing: cut ? 'attribute_limit' : failed ? 'error' : 'not_reported',
    };
  }
  const usage = toDisjointUsage(raw, provider);
  return 'contradiction' in usage
    ? { usage: undefined, missing: usage.contradiction }
    : { usage, missing: '' };
}
