import { describe, expect, it } from 'vitest';
import { NOTHING_KEPT, takeTurns } from './take-turns.ts';

function* steps(count: number, work: () => void): Generator<undefined, string, undefined> {
  for (let n = 0; n < count; n++) {
    work();
    yield;
  }
  return 'done';
}

function spin(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

describe('a long request', () => {
  it('lets others go on between its steps, and comes to its end', async () => {
    const order: string[] = [];
    const turns = {
      pause: () => void order.push('pause'),
      resume: () => void order.push('resume'),
    };
    setImmediate(() => order.push('another'));
    const work = () => spin(8);
    expect(await takeTurns(steps(3, work), turns)).toBe('done');
    expect(order.slice(0, 3)).toEqual(['pause', 'another', 'resume']);
    expect(order.filter((one) => one === 'pause').length).toBe(3);
  });

  it('is not interrupted when it is short', async () => {
    const turns = {
      pause: () => expect.unreachable(),
      resume: () => expect.unreachable(),
    };
    expect(
      await takeTurns(
        steps(3, () => undefined),
        turns,
      ),
    ).toBe('done');
  });

  it('passes on what its work throws', async () => {
    const work = () => {
      throw new Error('a fault');
    };
    await expect(takeTurns(steps(1, work), NOTHING_KEPT)).rejects.toThrow('a fault');
  });
});
