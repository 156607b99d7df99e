/**
 * The thread that groups the prompts of one question: it is told the bytes of the calls and then the end, and answers
 * once. The work is seconds for a million prompts, which must not hold up what the process has to acknowledge.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { CallBlocks } from './call-blocks.ts';
import { type Grouping, groupPrompts } from './group-prompts.ts';
import { PromptTable } from './prompt-table.ts';

export interface ThreadWish {
  readonly threshold: number;
  readonly limit: number;
  readonly promptsMax: number;
}

/** Bytes of the engine's answer in memory that both threads see, good until they are `taken`; or null: that was all. */
export type ThreadInput = Uint8Array | null;

/** `taken`: there is room for more bytes. */
export type ThreadAnswer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'too_many' }
  | { readonly kind: 'grouped'; readonly grouping: Grouping };

const wish: ThreadWish = workerData;
const blocks = new CallBlocks();
const table = new PromptTable(wish.promptsMax);

parentPort?.on('message', (input: ThreadInput) => {
  parentPort?.postMessage(input === null ? group() : take(input));
});

function take(bytes: Uint8Array): ThreadAnswer {
  for (const block of blocks.take(bytes)) {
    if (!table.take(block)) return { kind: 'too_many' };
  }
  return { kind: 'taken' };
}

function group(): ThreadAnswer {
  if (!blocks.isAtEnd) throw new Error('the answer of the engine ends in the middle of a block');
  const grouping = groupPrompts(table, wish);
  return grouping === undefined ? { kind: 'too_many' } : { kind: 'grouped', grouping };
}
