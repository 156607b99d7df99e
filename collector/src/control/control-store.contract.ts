// What every ControlStore promises. Run by the tests of each one.
import { expect, test } from 'vitest';
import { type ControlRow, type ControlStore, rowKeyOf } from './control-store.ts';

function row(version: bigint, id: string, changed: Partial<ControlRow> = {}): ControlRow {
  return {
    version,
    recordedAt: '2026-08-20T12:00:00.123Z',
    actor: 'key:abc',
    tenant: 'acme',
    kind: 'key',
    id,
    payload: '{"name":"a \\"quoted\\" näme\\n"}',
    deleted: false,
    ...changed,
  };
}

/** @param open makes an empty store */
export function controlStoreContract(open: () => Promise<ControlStore>): void {
  test('an empty table has no rows', async () => {
    expect(await (await open()).load(0n)).toEqual({ rows: [], total: 0 });
  });

  test('rows come back as they were appended, by version', async () => {
    const store = await open();
    const rows = [
      row(1n << 62n, 'late', { deleted: true, tenant: '' }),
      row(5n, 'early', { recordedAt: '1970-01-02T00:00:00.000Z' }),
    ];
    await store.append(rows);
    expect(await store.load(0n)).toEqual({ rows: rows.toReversed(), total: 2 });
  });

  test('only rows above the asked version come, and the total counts all', async () => {
    const store = await open();
    await store.append([row(1n, 'a'), row(2n, 'b'), row(3n, 'c')]);
    const { rows, total } = await store.load(2n);
    expect({ ids: rows.map((one) => one.id), total }).toEqual({ ids: ['c'], total: 3 });
  });

  test('appending the same rows again changes nothing', async () => {
    const store = await open();
    await store.append([row(1n, 'a')]);
    await store.append([row(1n, 'a'), row(2n, 'b')]);
    const { rows, total } = await store.load(0n);
    const rest = '2026-08-20T12:00:00.123Z/key:abc';
    const keys = [`1/key/a/${rest}`, `2/key/b/${rest}`];
    expect({ keys: rows.map(rowKeyOf), total }).toEqual({ keys, total: 2 });
  });

  test('changes of one thing under one version are both kept, by whom and when', async () => {
    const store = await open();
    const both = [row(1n, 'a', { actor: 'key:abc' }), row(1n, 'a', { actor: 'key:xyz' })];
    for (const one of both) await store.append([one]);
    const later = row(1n, 'a', { recordedAt: '2026-08-20T12:00:00.124Z' });
    await store.append([later]);
    expect(await store.load(0n)).toEqual({ rows: [...both, later], total: 3 });
  });

  test('appends at the same time are all kept', async () => {
    const store = await open();
    await Promise.all([1n, 2n, 3n, 4n].map((version) => store.append([row(version, 'same')])));
    expect((await store.load(0n)).total).toBe(4);
  });
}
