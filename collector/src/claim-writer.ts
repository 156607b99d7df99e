/** Says where every collector looks that batches of a writer were found here. */
import { errorGroupOf } from '@ai-cost-profiler/clickhouse/error-verdict.ts';
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { ControlState } from './control/control-state.ts';
import { CLAIM_KIND } from './write/clone-guard.ts';

/**
 * `id`: the writer whose batches were found; `by`: the one that found them. Rejects with StoreError, or with the error
 * of the disk that the control state is on.
 */
export async function claimWriter(
  control: Pick<ControlState, 'append'>,
  { id, by }: { id: string; by: string },
): Promise<void> {
  const payload = JSON.stringify({ claimed_by: by });
  const about = { actor: 'writer', tenant: '', deleted: false };
  try {
    await control.append([{ ...about, kind: CLAIM_KIND, id, payload }]);
  } catch (cause) {
    const refused = storeErrorOf(cause);
    if (refused === undefined) throw cause;
    const message = `the claim of a writer was not stored: ${refused.message}`;
    throw new StoreError(message, { ...refused, code: codeOf(refused) }, { cause });
  }
}

/** What ClickHouse said, behind what callers of the API are told. */
function storeErrorOf(error: unknown): StoreError | undefined {
  if (error instanceof StoreError) return error;
  return error instanceof Error ? storeErrorOf(error.cause) : undefined;
}

/** Without codes that would set the batch aside: it is not the batch that was refused. */
function codeOf({ code }: StoreError): number | null {
  const verdict = code === null ? undefined : errorGroupOf(code)?.verdict;
  return verdict === 'retry' || verdict === 'operator' ? code : null;
}
