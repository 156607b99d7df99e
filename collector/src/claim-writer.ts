/** Says where every collector looks that batches of a writer were found here. */
import { StoreError } from '@ai-cost-profiler/clickhouse/store-error.ts';
import type { ControlState } from './control/control-state.ts';
import { CLAIM_KIND } from './write/clone-guard.ts';

/** `id`: the writer whose batches were found; `by`: the one that found them. Rejects with StoreError. */
export async function claimWriter(
  control: Pick<ControlState, 'append'>,
  { id, by }: { id: string; by: string },
): Promise<void> {
  const payload = JSON.stringify({ claimed_by: by });
  const about = { actor: 'writer', tenant: '', deleted: false };
  try {
    await control.append([{ ...about, kind: CLAIM_KIND, id, payload }]);
  } catch (cause) {
    const failure = { code: null, retryable: true, answered: false };
    throw new StoreError('the claim of a writer was not stored', failure, { cause });
  }
}
