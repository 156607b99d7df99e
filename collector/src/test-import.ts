/** Rows of a history into a test ledger, by the real parts: what has expired is what the ledger's engine says. */
import { JsonThread } from './decode/json-thread.ts';
import { createImportRows } from './import-history.ts';
import { IMPORT_BODY, type ImportAnswer } from './import-rows.ts';
import { DEFAULT_TENANT_LIMITS } from './limit-table.ts';
import { DIALECTS } from './normalise/dialects.ts';
import { Normaliser } from './normalise/normalise.ts';
import { SpanPreview } from './preview-spans.ts';
import { SealedDays } from './settle/sealed-days.ts';
import type { TestLedger } from './test-ledger.ts';

/** As one request, lines from 2 on; `more` are other fields of its body. There is no tenant `gone`. */
export function importInto(
  ledger: TestLedger,
  rows: readonly Record<string, unknown>[],
  more: Record<string, unknown> = {},
): Promise<ImportAnswer> {
  const take = createImportRows({
    accept: (tenant, bytes) => ledger.sendRequest(bytes, tenant),
    preview: new SpanPreview({ json: new JsonThread(), normaliser: new Normaliser(DIALECTS) }),
    bookFor: () => ledger.book,
    limitsOf: () => DEFAULT_TENANT_LIMITS,
    whyNot: (tenant) => (tenant === 'gone' ? 'a tenant that exists' : undefined),
    sealedDays: () => SealedDays.read(ledger.store),
    nowNs: () => BigInt(ledger.clockMs) * 1_000_000n,
  });
  const body = { rows: rows.map((columns, at) => ({ line: at + 2, columns })), ...more };
  return take(IMPORT_BODY.parse(body));
}
