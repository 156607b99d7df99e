/**
 * A dialect that is a table: which marks tell the emitter, under which names it writes what, what its totals hold, and
 * which of its spans are no calls. Names of one quantity are alternatives in order of trust, never summed.
 */
import type { AttributeKeys, KeyId } from './attribute-keys.ts';
import type { AttributeReader } from './attribute-reader.ts';
import {
  amountOf,
  type Blob,
  type BlobFormat,
  parseBlob,
  textOf,
  valueAt,
  wholeOf,
} from './blob.ts';
import type { Attribution, CallContext, Role } from './call.ts';
import type { Dialect, DialectDefinition, DialectReading, SpanFacts } from './dialect.ts';
import { normaliseProvider } from './providers.ts';
import { readReportedUsd } from './reported-cost.ts';
import {
  compileAny,
  compileCondition,
  type DeclaredKeys,
  type SpanCondition,
  type SpanTest,
} from './span-condition.ts';
import type { KnownInclusion, RawUsage } from './usage/raw-usage.ts';

/** A quantity of usage that one attribute can tell. */
export type CountName = Exclude<keyof RawUsage, 'units'>;
export type CountNames = Readonly<Partial<Record<CountName, readonly string[]>>>;

type IdentityName = 'operation' | 'provider' | 'requestModel' | 'responseModel' | 'responseId';
type AttributionName = keyof Omit<Attribution, 'tags'>;
type ContextName = 'serviceTier' | 'requestedTier' | 'speed' | 'region' | 'batch';

/** A row of the inclusion matrix; the first whose conditions hold counts. */
export interface InclusionRow extends KnownInclusion {
  readonly when?: SpanCondition;
  /** Canonical providers the row is about; absent: all. */
  readonly providers?: readonly string[];
}

/** Spans of the emitter whose role does not follow from their operation; the first that holds counts. */
export interface RoleRow {
  readonly when: SpanCondition;
  readonly role: Role;
  readonly reason: string;
}

/** An attribute that holds an object as text. Paths are joined by `.`; they come after the plain attributes. */
export interface BlobTable {
  readonly key: string;
  readonly format: BlobFormat;
  readonly usage?: CountNames;
  readonly cost?: readonly string[];
  readonly identity?: Readonly<Partial<Record<IdentityName, readonly string[]>>>;
}

export interface DialectTable {
  readonly name: string;
  /** Any one of these tells that the emitter wrote the span. */
  readonly marks: readonly SpanCondition[];
  readonly identity: Readonly<Partial<Record<IdentityName, readonly string[]>>>;
  /** The emitter's own words for operations (lower case) → the conventions' words. */
  readonly operations?: Readonly<Record<string, string>>;
  /** Where the emitter never says who bills, but always means one. */
  readonly providerIfUntold?: string;
  readonly usage: CountNames;
  readonly blobs?: readonly BlobTable[];
  /** Reported cost in USD. */
  readonly cost?: readonly string[];
  readonly context?: Readonly<Partial<Record<ContextName, readonly string[]>>>;
  readonly attribution?: Readonly<Partial<Record<AttributionName, readonly string[]>>>;
  readonly inclusion?: readonly InclusionRow[];
  readonly roles?: readonly RoleRow[];
  /** See DialectReading; above 40 where the emitter is known to write wrong numbers under OTel names. */
  readonly authority: number;
  /** What no table can say; pure. */
  readonly correct?: (reading: DialectReading, facts: SpanFacts) => DialectReading;
  readonly contentKeys: readonly string[];
  readonly contentPrefixes: readonly string[];
}

/** The dialect of a table. */
export function defineDialect(table: DialectTable): DialectDefinition {
  const { name, contentKeys, contentPrefixes } = table;
  return {
    name,
    contentKeys,
    contentPrefixes,
    create: (span, resource) => new TableDialect(table, { span, resource }),
  };
}

type Declared<Name extends string> = Partial<Record<Name, KeyId[]>>;

class TableDialect implements Dialect {
  readonly name: string;
  private readonly table: DialectTable;
  private readonly isMarked: SpanTest;
  private readonly identity: Declared<IdentityName>;
  private readonly usage: [CountName, KeyId[]][];
  private readonly blobs: { key: KeyId; table: BlobTable }[];
  private readonly cost: KeyId[];
  private readonly context: Declared<ContextName>;
  private readonly attribution: [AttributionName, KeyId[]][];
  private readonly inclusion: { row: InclusionRow; holds: SpanTest }[];
  private readonly roles: { row: RoleRow; holds: SpanTest }[];
  /** Keys of which one must be there: a mark alone is no call. */
  private readonly speaks: KeyId[];

  constructor(table: DialectTable, keys: DeclaredKeys) {
    this.table = table;
    this.name = table.name;
    this.isMarked = compileAny(table.marks, keys);
    this.identity = declareAll(table.identity, keys.span);
    this.usage = Object.entries(declareAll(table.usage, keys.span)) as [CountName, KeyId[]][];
    this.blobs = (table.blobs ?? []).map((blob) => ({
      key: keys.span.declare(blob.key),
      table: blob,
    }));
    this.cost = (table.cost ?? []).map((name) => keys.span.declare(name));
    this.context = declareAll(table.context ?? {}, keys.span);
    this.attribution = Object.entries(declareAll(table.attribution ?? {}, keys.span)) as [
      AttributionName,
      KeyId[],
    ][];
    this.inclusion = (table.inclusion ?? []).map((row) => ({
      row,
      holds: compileCondition(row.when ?? {}, keys),
    }));
    this.roles = (table.roles ?? []).map((row) => ({
      row,
      holds: compileCondition(row.when, keys),
    }));
    this.speaks = [
      ...Object.values(this.identity).flat(),
      ...this.usage.flatMap(([, ids]) => ids),
      ...this.blobs.map(({ key }) => key),
      ...this.cost,
    ];
  }

  recognises(facts: SpanFacts): boolean {
    return this.speaks.some((key) => facts.attributes.has(key)) && this.isMarked(facts);
  }

  read(facts: SpanFacts): DialectReading {
    const { attributes } = facts;
    const blobs = this.readBlobs(attributes);
    const told = (name: IdentityName) =>
      attributes.firstText(this.identity[name] ?? []) ?? identityIn(blobs, name);
    const usage = this.readUsage(attributes, blobs);
    const operation = told('operation');
    const provider = told('provider') ?? this.table.providerIfUntold;
    const reading: DialectReading = {
      operation:
        operation === undefined
          ? undefined
          : (this.table.operations?.[operation.toLowerCase()] ?? operation),
      provider,
      requestModel: told('requestModel'),
      responseModel: told('responseModel'),
      responseId: told('responseId'),
      usage,
      inclusion: this.inclusionOf(facts, provider),
      authority: this.table.authority,
      role: this.roles.find(({ holds }) => holds(facts))?.row,
      reportedUsd: readReportedUsd(attributes, this.cost, usage) ?? costIn(blobs),
      context: this.readContext(attributes),
      attribution: this.readAttribution(attributes),
    };
    return this.table.correct?.(reading, facts) ?? reading;
  }

  private readBlobs(attributes: AttributeReader): ReadBlob[] {
    const read: ReadBlob[] = [];
    for (const { key, table } of this.blobs) {
      const text = attributes.text(key);
      const blob = text === undefined ? undefined : parseBlob(text, table.format);
      if (blob !== undefined) {
        read.push({ blob, table });
      }
    }
    return read;
  }

  private readUsage(attributes: AttributeReader, blobs: readonly ReadBlob[]): RawUsage {
    const usage: RawUsage = {};
    for (const [name, ids] of this.usage) {
      usage[name] = attributes.firstWhole(ids);
    }
    for (const { blob, table } of blobs) {
      for (const [name, paths] of Object.entries(table.usage ?? {}) as [CountName, string[]][]) {
        usage[name] ??= firstIn(blob, paths, wholeOf);
      }
    }
    return usage;
  }

  private inclusionOf(facts: SpanFacts, provider: string | undefined): KnownInclusion | undefined {
    if (this.inclusion.length === 0) {
      return undefined;
    }
    const biller = normaliseProvider(provider, undefined);
    return this.inclusion.find(
      ({ row, holds }) => (row.providers?.includes(biller) ?? true) && holds(facts),
    )?.row;
  }

  private readContext(attributes: AttributeReader): CallContext {
    const { serviceTier, requestedTier, speed, region, batch } = this.context;
    const asked = attributes.firstText(requestedTier ?? []);
    return told({
      // Of the tier asked for, `auto` says nothing about what was served.
      serviceTier:
        attributes.firstText(serviceTier ?? []) ?? (asked === 'auto' ? undefined : asked),
      speed: attributes.firstText(speed ?? []),
      region: attributes.firstText(region ?? []),
      batch: batch?.some((key) => attributes.flag(key) === true) ? true : undefined,
    });
  }

  private readAttribution(attributes: AttributeReader): DialectReading['attribution'] {
    const entries = this.attribution.map(([name, ids]) => [name, attributes.firstText(ids)]);
    return told(Object.fromEntries(entries) as Partial<Record<AttributionName, string>>);
  }
}

interface ReadBlob {
  blob: Blob;
  table: BlobTable;
}

function identityIn(blobs: readonly ReadBlob[], name: IdentityName): string | undefined {
  for (const { blob, table } of blobs) {
    const text = firstIn(blob, table.identity?.[name] ?? [], textOf);
    if (text !== undefined) {
      return text;
    }
  }
  return undefined;
}

function costIn(blobs: readonly ReadBlob[]): string | undefined {
  for (const { blob, table } of blobs) {
    const cost = firstIn(blob, table.cost ?? [], amountOf);
    if (cost !== undefined) {
      return cost;
    }
  }
  return undefined;
}

function firstIn<Value>(
  blob: Blob,
  paths: readonly string[],
  read: (value: unknown) => Value | undefined,
): Value | undefined {
  for (const path of paths) {
    const value = read(valueAt(blob, path.split('.')));
    if (value !== undefined) {
      return value;
    }
  }
  return undefined;
}

function declareAll<Name extends string>(
  names: Readonly<Partial<Record<Name, readonly string[]>>>,
  keys: AttributeKeys,
): Declared<Name> {
  const ids: Declared<Name> = {};
  for (const name of Object.keys(names) as Name[]) {
    ids[name] = (names[name] ?? []).map((each) => keys.declare(each));
  }
  return ids;
}

/** Without what is not told: absent stays absent. */
function told<Facts extends object>(
  facts: { [K in keyof Facts]: Facts[K] | undefined },
): { [K in keyof Facts]?: NonNullable<Facts[K]> } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as {
    [K in keyof Facts]?: NonNullable<Facts[K]>;
  };
}
