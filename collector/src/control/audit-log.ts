// The rows of the control state as the audit log. Invariant: of a payload only what stands in `SHOWN` leaves, so that a
// kind of row that somebody adds later shows nothing of itself before it is thought of here.
import { z } from 'zod';
import type { AuditAsked, AuditRow, AuditVerb, ReadAudit } from '../audit-rows.ts';
import type { ControlState } from './control-state.ts';
import { type ControlRow, rowKeyOf } from './control-store.ts';

/** By kind, the members of a payload that are shown. Payloads of what was erased have none. */
const SHOWN: Readonly<Record<string, z.ZodType<AuditRow['detail']>>> = {
  budget: z.object({ name: z.string(), amount_usd: z.string() }),
  key: z.object({ scopes: z.array(z.string()), expires_at: z.string().nullable() }),
  price_terms: z.object({ type: z.string() }),
  tenant: z.object({ state: z.string() }),
  tenant_limit: z.object({ value: z.number().nullable() }),
  webhook: z.object({ name: z.string() }),
};

const NS_PER_MS = 1_000_000n;

interface Entry {
  readonly row: ControlRow;
  readonly key: string;
  readonly shown: AuditRow;
}

export function createAuditLog(state: Pick<ControlState, 'history'>): ReadAudit {
  return (asked) => {
    const found = entriesOf(state.history()).filter((entry) => isAsked(entry, asked));
    const page = found.toSorted(newestFirst).slice(0, asked.limit);
    const last = found.length > page.length ? page.at(-1) : undefined;
    return {
      rows: page.map(({ shown }) => shown),
      next: last === undefined ? null : { version: String(last.row.version), key: last.key },
    };
  };
}

function entriesOf(rows: readonly ControlRow[]): Entry[] {
  const known = new Set<string>();
  return rows.map((row) => {
    const thing = `${row.kind}/${row.id}`;
    const detail = detailOf(row);
    const action = `${row.kind}.${verbOf(row, { isKnown: known.has(thing), detail })}`;
    known.add(thing);
    const { recordedAt: recorded_at, actor, id } = row;
    const tenant = row.tenant === '' ? null : row.tenant;
    return { row, key: rowKeyOf(row), shown: { recorded_at, actor, tenant, action, id, detail } };
  });
}

function verbOf(
  { deleted, kind }: ControlRow,
  { isKnown, detail }: { readonly isKnown: boolean; readonly detail: AuditRow['detail'] },
): AuditVerb {
  if (deleted) return 'deleted';
  // A tenant that is there for having a key has no row before its first change.
  const isMade = kind !== 'tenant' || detail['state'] === 'active';
  return isKnown || !isMade ? 'changed' : 'created';
}

function detailOf({ kind, payload }: ControlRow): AuditRow['detail'] {
  try {
    return SHOWN[kind]?.safeParse(JSON.parse(payload)).data ?? {};
  } catch {
    return {};
  }
}

function isAsked({ row, key, shown }: Entry, asked: AuditAsked): boolean {
  const { tenant, action, actor, fromNs, toNs, after } = asked;
  const atNs = BigInt(Date.parse(row.recordedAt)) * NS_PER_MS;
  return (
    (tenant === null || shown.tenant === tenant) &&
    (action === null || shown.action === action) &&
    (actor === null || shown.actor === actor) &&
    (fromNs === null || atNs >= fromNs) &&
    (toNs === null || atNs < toNs) &&
    (after === null || isBehind(row.version, key, after))
  );
}

/** Two collectors may have made a version at once: the rest of the key tells them apart. */
function newestFirst(a: Entry, b: Entry): number {
  if (a.row.version !== b.row.version) return a.row.version > b.row.version ? -1 : 1;
  return a.key < b.key ? -1 : 1;
}

function isBehind(version: bigint, key: string, after: { version: string; key: string }): boolean {
  const last = BigInt(after.version);
  return version < last || (version === last && key > after.key);
}
