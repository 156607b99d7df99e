import { expect, it, vi } from 'vitest';
import { createEntryBlock } from '../rows/entry-block.ts';
import { createSpanBlock } from '../rows/span-block.ts';
import { FreeBlocks } from './free-blocks.ts';

const create = () => ({ span: createSpanBlock(), entry: createEntryBlock() });

it('builders that one segment gave back are the next one’s, and empty', () => {
  const free = new FreeBlocks(vi.fn(create));
  const blocks = free.take();
  blocks.entry.columns.note.appendText('begun and never ended');
  free.giveBack(blocks);
  const again = free.take();
  expect(again).toBe(blocks);
  expect(again.entry.columns.note.rows).toBe(0);
});

it('builders that somebody has are nobody else’s', () => {
  const free = new FreeBlocks(create);
  expect(free.take()).not.toBe(free.take());
});

it('of very many builders only few are kept', () => {
  const free = new FreeBlocks(create);
  const many = Array.from({ length: 10 }, () => free.take());
  for (const one of many) free.giveBack(one);
  const again = Array.from({ length: 10 }, () => free.take());
  expect(again.filter((one) => many.includes(one))).toHaveLength(4);
});
