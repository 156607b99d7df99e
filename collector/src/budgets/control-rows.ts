/** The control state, as far as budgets and webhooks look at it: rows by kind, read again when one was learned. */

export interface ControlRow {
  readonly version: bigint;
  readonly recordedAt: string;
  readonly actor: string;
  readonly tenant: string;
  readonly kind: string;
  readonly id: string;
  readonly payload: string;
  readonly deleted: boolean;
}

export interface ControlRows {
  /** Grows whenever a row was learned. */
  readonly revision: number;
  /** Every row, by version. */
  history(): readonly ControlRow[];
  append(changes: readonly Omit<ControlRow, 'recordedAt' | 'version'>[]): Promise<void>;
}

/** A thing that rows make: the newest row of an id is in force, the first one made it. */
export interface Versioned<Payload> {
  readonly id: string;
  readonly tenant: string;
  readonly payload: Payload;
  readonly version: bigint;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly changedAt: string;
  readonly changedBy: string;
  readonly isDeleted: boolean;
}

/**
 * The things of one kind, deleted ones included, oldest first. A payload that `read` gives nothing for, such as one
 * of a later version of this program, leaves what it would change as it was.
 */
function foldRows<Payload>(
  rows: readonly ControlRow[],
  kind: string,
  read: (json: unknown) => Payload | undefined,
): ReadonlyMap<string, Versioned<Payload>> {
  const things = new Map<string, Versioned<Payload>>();
  for (const row of rows) {
    if (row.kind !== kind) continue;
    const payload = read(jsonOf(row.payload));
    if (payload === undefined) continue;
    const made = things.get(row.id);
    // An id belongs to the tenant that made it.
    if (made !== undefined && made.tenant !== row.tenant) continue;
    things.set(row.id, {
      id: row.id,
      tenant: row.tenant,
      payload,
      version: row.version,
      createdAt: made?.createdAt ?? row.recordedAt,
      createdBy: made?.createdBy ?? row.actor,
      changedAt: row.recordedAt,
      changedBy: row.actor,
      isDeleted: row.deleted,
    });
  }
  return things;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Folds again only when something was learned. */
export function foldedRows<Payload>(
  state: Pick<ControlRows, 'revision' | 'history'>,
  kind: string,
  read: (json: unknown) => Payload | undefined,
): () => ReadonlyMap<string, Versioned<Payload>> {
  let revision = -1;
  let folded: ReadonlyMap<string, Versioned<Payload>> = new Map();
  return () => {
    if (state.revision !== revision) {
      revision = state.revision;
      folded = foldRows(state.history(), kind, read);
    }
    return folded;
  };
}
