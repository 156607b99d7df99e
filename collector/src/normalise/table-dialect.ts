/**
 * A dialect that is a table (dialect-table.ts): which marks tell the emitter, under which names it writes what, what
 * its totals hold, and which of its spans are no calls.
 */

import type { AttributeKeys, KeyId } from './attribute-keys.ts';
import type { AttributeReader } from './attribute-reader.ts';
import { type BlobFacts, BlobReader } from './blob-table.ts';
import type { CallContext } from './call.ts';
import type {
  Dialect,
  DialectDefinition,
  DialectReading,
  SpanFacts,
  UnreadableCounts,
} from './dialect.ts';
import type {
  AttributionName,
  ContextName,
  DialectTable,
  IdentityName,
  InclusionRow,
  Names,
  RoleRow,
} from './dialect-table.ts';
import { namedIn } from './named.ts';
import { normaliseProvider } from './providers.ts';
import { believedUsd, readReportedUsd } from './reported-cost.ts';
import {
  compileAny,
  compileCondition,
  type DeclaredKeys,
  type SpanTest,
  type Triggers,
  triggersOf,
} from './span-condition.ts';
import { withWritesOnce } from './usage/cache-writes.ts';
import type { CountName } from './usage/counts.ts';
import type { KnownInclusion, RawUsage } from './usage/raw-usage.ts';
import { UnitReader } from './usage/told-units.ts';

const AUTHORITY = 10;
/** Authority of the provider's own report. */
export const EXACT_AUTHORITY = 60;

/** The dialect of a table. */
export function defineDialect(table: DialectTable): DialectDefinition {
  const { name, summary, contentKeys, contentPrefixes } = table;
  return {
    name,
    summary,
    declared: table,
    contentKeys,
    contentPrefixes,
    create: (span, resource) => new TableDialect(table, { span, resource }),
  };
}

type Declared<Name extends string> = Partial<Record<Name, KeyId[]>>;

class TableDialect implements Dialect {
  readonly name: string;
  readonly triggers: Triggers | undefined;
  private readonly table: DialectTable;
  private readonly isMarked: SpanTest;
  private readonly identity: Declared<IdentityName>;
  private readonly usage: [CountName, KeyId[]][];
  private readonly units: UnitReader;
  private readonly blobs: BlobReader;
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
    this.triggers = triggersOf(table.marks);
    this.isMarked = compileAny(table.marks, keys);
    this.identity = declareAll(table.identity, keys.span);
    this.usage = entriesOf(declareAll(table.usage, keys.span));
    this.units = new UnitReader(table.units ?? {}, keys.span);
    this.blobs = new BlobReader(table.blobs ?? [], keys.span);
    this.cost = (table.cost ?? []).map((name) => keys.span.declare(name));
    this.context = declareAll(table.context ?? {}, keys.span);
    this.attribution = entriesOf(declareAll(table.attribution ?? {}, keys.span));
    keys.span.declareTags(table.tags ?? {});
    this.inclusion = (table.inclusion ?? []).map((row) => ({
      row,
      holds: compileCondition(row.when ?? {}, keys),
    }));
    this.roles = (table.roles ?? []).map((row) => ({
      row,
      holds: compileCondition(row.when, keys),
    }));
    this.speaks = [
      ...entriesOf(this.identity).flatMap(([, ids]) => ids),
      ...this.usage.flatMap(([, ids]) => ids),
      ...this.units.keys,
      ...this.blobs.keys,
      ...this.cost,
    ];
  }

  recognises(facts: SpanFacts): boolean {
    return this.speaks.some((key) => facts.attributes.has(key)) && this.isMarked(facts);
  }

  read(facts: SpanFacts): DialectReading {
    const { table } = this;
    const { attributes } = facts;
    const blobs = this.blobs.read(attributes);
    const told = (name: IdentityName) =>
      unquoted(attributes.firstText(this.identity[name] ?? [])) ?? blobs.identity(name);
    const provider = told('provider');
    const requestModel = told('requestModel');
    const role = this.roles.find(({ holds }) => holds(facts))?.row;
    const { usage, isExact, unreadable } = this.readUsage(attributes, blobs);
    const reading: DialectReading = {
      operation: this.operationOf(told('operation')) ?? role?.operation,
      provider,
      requestModel,
      responseModel: told('responseModel'),
      responseId:
        unquoted(attributes.passedText(this.identity.responseId ?? [])) ??
        blobs.identity('responseId'),
      usage,
      unreadable,
      missingUsage: role?.missingUsage,
      inclusion: this.inclusionOf(facts, provider, requestModel),
      authority: isExact ? EXACT_AUTHORITY : (table.authority ?? AUTHORITY),
      role,
      reportedUsd:
        readReportedUsd(attributes, this.cost, usage) ?? believedUsd(blobs.cost(), usage),
      context: this.readContext(attributes),
      attribution: this.readAttribution(attributes),
    };
    return table.correct?.(reading, facts) ?? reading;
  }

  private operationOf(word: string | undefined): string | undefined {
    return word === undefined
      ? undefined
      : (namedIn(this.table.operations, word.toLowerCase()) ?? word);
  }

  private readUsage(
    attributes: AttributeReader,
    blobs: BlobFacts,
  ): { usage: RawUsage; isExact: boolean; unreadable: UnreadableCounts } {
    const usage: RawUsage = {};
    const unreadable: UnreadableCounts = {};
    const isExact = blobs.fill(usage, true);
    for (const [name, ids] of this.usage) {
      usage[name] ??= attributes.count(ids);
    }
    blobs.fill(usage, false);
    for (const [name, ids] of this.usage) {
      const problem = usage[name] === undefined ? attributes.countProblem(ids) : undefined;
      if (problem !== undefined) unreadable[name] = problem;
    }
    const units = this.units.read(attributes, unreadable);
    if (units !== undefined) usage.units = units;
    blobs.noteUnreadable(usage, unreadable);
    if (blobs.isUnreadable && usage.input === undefined) unreadable.input = 'usage_not_readable';
    return { usage: withWritesOnce(usage), isExact, unreadable };
  }

  private inclusionOf(
    facts: SpanFacts,
    provider: string | undefined,
    model = '',
  ): KnownInclusion | undefined {
    if (this.inclusion.length === 0) {
      return undefined;
    }
    const biller = normaliseProvider(provider, undefined);
    return this.inclusion.find(
      ({ row, holds }) =>
        (row.providers?.includes(biller) ?? true) &&
        (row.models?.some((beginning) => model.startsWith(beginning)) ?? true) &&
        holds(facts),
    )?.row;
  }

  private readContext(attributes: AttributeReader): CallContext {
    const { context } = this;
    const text = (name: ContextName) => attributes.firstText(context[name] ?? []);
    const asked = text('requestedTier');
    return told({
      // Of the tier asked for, `auto` says nothing about what was served.
      serviceTier: text('serviceTier') ?? (asked === 'auto' ? undefined : asked),
      speed: text('speed'),
      region: text('region'),
      inferenceGeo: text('inferenceGeo'),
      searchContextSize: text('searchContextSize'),
      batch: context.batch?.some((key) => attributes.flag(key) === true) ? true : undefined,
    });
  }

  private readAttribution(attributes: AttributeReader): DialectReading['attribution'] {
    const found: { [K in AttributionName]?: string | undefined } = {};
    for (const [name, ids] of this.attribution) {
      // Users, customers and prompt versions are often numbers.
      found[name] = unquoted(attributes.passedText(ids) ?? attributes.firstWhole(ids)?.toString());
    }
    return told(found);
  }
}

/** Some emitters write texts as JSON (`"gpt-4o"` with its quotes): no name begins and ends with a quote. */
function unquoted(text: string | undefined): string | undefined {
  return text !== undefined && text.length > 2 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1)
    : text;
}

function declareAll<Name extends string>(names: Names<Name>, keys: AttributeKeys): Declared<Name> {
  const ids: Declared<Name> = {};
  for (const [name, each] of entriesOf(names)) {
    ids[name] = each.map((key) => keys.declare(key));
  }
  return ids;
}

function entriesOf<Name extends string, Value>(
  record: Readonly<Partial<Record<Name, Value>>>,
): [Name, Value][] {
  return Object.entries(record) as [Name, Value][];
}

/** Without what is not told: absent stays absent. */
function told<Facts extends object>(facts: Facts): { [K in keyof Facts]?: NonNullable<Facts[K]> } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as {
    [K in keyof Facts]?: NonNullable<Facts[K]>;
  };
}
