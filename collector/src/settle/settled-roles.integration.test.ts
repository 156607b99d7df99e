/** The question that SCHEMA.md gives its readers: what settle knows of the spans of one trace. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openTestLedger } from '../test-ledger.ts';
import { chat } from '../test-road.ts';

function documented(): string {
  const path = fileURLToPath(new URL('../../../clickhouse/SCHEMA.md', import.meta.url));
  const [, sql] = /```sql\n([^`]+settled_role[^`]+)```/.exec(readFileSync(path, 'utf8'))!;
  return sql!.replaceAll(/\b(FROM) (spans|ledger)/g, '$1 aicost.$2');
}

it('tells the role and the attribution that settle gave, of every span of the trace', async () => {
  const ledger = await openTestLedger();
  try {
    const root = '0000000000000002';
    const below = { parentSpanId: root };
    await ledger.send([
      { span: 1, trace: 1, attributes: { 'aicost.feature': 'search', 'user.id': 'ada' } },
      { span: 2, trace: 1, fields: below, attributes: chat(500, { 'gen_ai.response.id': 'r' }) },
      { span: 3, trace: 1, fields: below, attributes: chat(500, { 'gen_ai.response.id': 'r' }) },
    ]);
    await ledger.settle();
    const rows = await ledger.store.query<Record<string, string>>(documented(), {
      trace_id: root.padStart(32, '0'),
    });
    const told = rows.map((row) => [row['role'], row['settled_role'], row['settled_feature']]);
    expect(told[0]).toEqual(['not_llm', '', '']);
    expect(told.slice(1).map(([role, , feature]) => [role, feature])).toEqual([
      ['leaf', 'search'],
      ['leaf', 'search'],
    ]);
    expect(
      told
        .slice(1)
        .map(([, settled]) => settled)
        .sort(),
    ).toEqual(['leaf', 'mirror']);
    expect(rows[1]).toMatchObject({ settled_user: 'ada', settled_reason: expect.any(String) });
  } finally {
    await ledger.remove();
  }
}, 90_000);
