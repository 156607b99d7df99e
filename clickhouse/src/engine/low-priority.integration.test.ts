import { readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { startTestEngine } from './test-engine.ts';

it('every thread of the engine gives way to the collector', async () => {
  const engine = await startTestEngine();
  try {
    const threads = threadsOf(engine.state().pid!);
    const priorities = new Set(threads.map((thread) => getPriority(thread)));
    expect([...priorities]).toEqual([constants.priority.PRIORITY_BELOW_NORMAL]);
  } finally {
    await engine.remove();
  }
});

/** The engine's watch over its own memory takes the highest priority that it may have, by itself. */
const WATCH = 'MemoryWorker';

function threadsOf(pid: number): readonly number[] {
  if (process.platform !== 'linux') return [pid];
  const tasks = `/proc/${pid}/task`;
  const isWatch = (id: string) => readFileSync(`${tasks}/${id}/comm`, 'utf8').trim() === WATCH;
  return readdirSync(tasks)
    .filter((id) => !isWatch(id))
    .map(Number);
}
