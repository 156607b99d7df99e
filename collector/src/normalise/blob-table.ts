/**
 * Usage, cost and identity out of attributes that hold an object as text, by tables of paths. A dialect says which
 * attribute, in which format, and whether it is the provider's own report.
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
import type { UnreadableCounts } from './dialect.ts';
import type { CountNames, IdentityName, Names } from './dialect-table.ts';
import type { CountName } from './usage/counts.ts';
import type { RawUsage } from './usage/raw-usage.ts';
import { problemOfJson } from './usage/unreadable-count.ts';

/** An attribute that holds an object as text. Paths are joined by `.`. */
export interface BlobTable {
  readonly key: string;
  readonly format: BlobFormat;
  /** Read only where one of these paths is there: it tells which provider's shape the object has. */
  readonly has?: readonly string[];
  /** The provider's own report: it comes before the plain attributes, and is right in a conflict. */
  readonly isExact?: boolean;
  readonly usage?: CountNames;
  readonly cost?: readonly string[];
  readonly identity?: Names<IdentityName>;
}

interface ReadBlob {
  blob: Blob;
  table: BlobTable;
}

export class BlobReader {
  private readonly tables: { key: KeyId; table: BlobTable }[];

  constructor(tables: readonly BlobTable[], keys: AttributeKeys) {
    this.tables = tables.map((table) => ({ key: keys.declare(table.key), table }));
  }

  get keys(): KeyId[] {
    return this.tables.map(({ key }) => key);
  }

  read(attributes: AttributeReader): BlobFacts {
    const read: ReadBlob[] = [];
    let isUnreadable = false;
    for (const { key, table } of this.tables) {
      const text = attributes.has(key) ? attributes.text(key) : undefined;
      const blob = text === undefined ? undefined : parseBlob(text, table.format);
      isUnreadable ||= text !== undefined && blob === undefined && table.usage !== undefined;
      if (blob !== undefined && hasOneOf(blob, table.has)) {
        read.push({ blob, table });
      }
    }
    return new BlobFacts(read, isUnreadable);
  }
}

/** What the blobs of one span tell; the first that tells a thing counts. */
export class BlobFacts {
  private readonly blobs: readonly ReadBlob[];
  /** Whether one that tells usage is cut off, or is no object at all. */
  readonly isUnreadable: boolean;

  constructor(blobs: readonly ReadBlob[], isUnreadable: boolean) {
    this.blobs = blobs;
    this.isUnreadable = isUnreadable;
  }

  /** Counts that stand where none can be read, and that `usage` does not tell. */
  noteUnreadable(usage: RawUsage, unreadable: UnreadableCounts): void {
    for (const { blob, table } of this.blobs) {
      for (const [name, paths] of Object.entries(table.usage ?? {}) as [CountName, string[]][]) {
        const problem = firstIn(blob, paths, problemOfJson);
        if (usage[name] === undefined && problem !== undefined) {
          unreadable[name] = problem;
        }
      }
    }
  }

  /** Fills what `usage` does not tell yet. Returns whether anything came of it. */
  fill(usage: RawUsage, isExact: boolean): boolean {
    let filled = false;
    for (const { blob, table } of this.blobs) {
      if ((table.isExact ?? false) === isExact) {
        for (const [name, paths] of Object.entries(table.usage ?? {}) as [CountName, string[]][]) {
          usage[name] ??= firstIn(blob, paths, wholeOf);
          filled ||= usage[name] !== undefined;
        }
      }
    }
    return filled;
  }

  identity(name: IdentityName): string | undefined {
    return this.first(({ identity }) => identity?.[name], textOf);
  }

  cost(): string | undefined {
    return this.first(({ cost }) => cost, amountOf);
  }

  private first(
    pathsOf: (table: BlobTable) => readonly string[] | undefined,
    read: (value: unknown) => string | undefined,
  ): string | undefined {
    for (const { blob, table } of this.blobs) {
      const value = firstIn(blob, pathsOf(table) ?? [], read);
      if (value !== undefined) {
        return value;
      }
    }
    return undefined;
  }
}

function hasOneOf(blob: Blob, paths: readonly string[] | undefined): boolean {
  return paths?.some((path) => valueAt(blob, path.split('.')) !== undefined) ?? true;
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
