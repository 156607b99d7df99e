/**
 * What a dialect declares when it is a table (table-dialect.ts reads by it). Names of one quantity are alternatives in
 * order of trust, never summed.
 */
import type { BlobTable } from './blob-table.ts';
import type { Attribution, Role } from './call.ts';
import type { DialectReading, SpanFacts } from './dialect.ts';
import type { SpanCondition } from './span-condition.ts';
import type { TagNames } from './tag-keys.ts';
import type { CountName } from './usage/counts.ts';
import type { KnownInclusion } from './usage/raw-usage.ts';
import type { UnitNames } from './usage/told-units.ts';

export type IdentityName =
  | 'operation'
  | 'provider'
  | 'requestModel'
  | 'responseModel'
  | 'responseId';
export type AttributionName = keyof Omit<Attribution, 'tags'>;
export type ContextName =
  | 'serviceTier'
  | 'requestedTier'
  | 'speed'
  | 'region'
  | 'inferenceGeo'
  | 'searchContextSize'
  | 'batch';

/** Attribute names of each thing, the most trusted first. */
export type Names<Name extends string> = Readonly<Partial<Record<Name, readonly string[]>>>;
export type CountNames = Names<CountName>;

/** A row of the inclusion matrix; the first whose conditions hold counts. */
export interface InclusionRow extends KnownInclusion {
  readonly when?: SpanCondition;
  /** Canonical providers the row is about; absent: all. */
  readonly providers?: readonly string[];
  /** Beginnings of the requested model's name, where the emitter names no provider; absent: all. */
  readonly models?: readonly string[];
}

/** Spans of the emitter whose role does not follow from their operation; the first that holds counts. */
export interface RoleRow {
  readonly when: SpanCondition;
  readonly role: Role;
  readonly reason: string;
  /** The operation, where the span does not name one. */
  readonly operation?: string;
  /**
   * The span goes around a call: where the call's own span is lost, this one still tells of it, and this is why it
   * reports no usage.
   */
  readonly missingUsage?: string;
}

/** What the documentation shows of a dialect. */
export type DialectDeclaration = Omit<
  DialectTable,
  'name' | 'summary' | 'correct' | 'contentKeys' | 'contentPrefixes'
>;

export interface DialectTable {
  readonly name: string;
  /** One sentence for the documentation: whose spans these are, and what is peculiar. */
  readonly summary: string;
  /** Any one of these tells that the emitter wrote the span. */
  readonly marks: readonly SpanCondition[];
  readonly identity: Names<IdentityName>;
  /** The emitter's own words for operations (lower case) → the conventions' words. */
  readonly operations?: Readonly<Record<string, string>>;
  readonly usage: CountNames;
  /** Counted units (whole), and measured ones (may be fractions). */
  readonly units?: UnitNames;
  readonly blobs?: readonly BlobTable[];
  /** Reported cost in USD. */
  readonly cost?: readonly string[];
  readonly context?: Names<ContextName>;
  readonly attribution?: Names<AttributionName>;
  readonly tags?: TagNames;
  readonly inclusion?: readonly InclusionRow[];
  readonly roles?: readonly RoleRow[];
  /** See DialectReading; 10 unless the emitter is known to be right where OTel names are wrong. */
  readonly authority?: number;
  /** Attributes that no table but code reads, with what they tell. */
  readonly readByCode?: Readonly<Record<string, string>>;
  /** What no table can say; pure. */
  readonly correct?: (reading: DialectReading, facts: SpanFacts) => DialectReading;
  readonly contentKeys: readonly string[];
  readonly contentPrefixes: readonly string[];
}
