import { describe, expect, test } from 'vitest';
import { TenantTurns, TooManyTurns } from './tenant-turns.ts';

const never = AbortSignal.any([]);

/** Who had a turn, in order; each gives it back at once. */
function order() {
  const had: string[] = [];
  const turns = new TenantTurns();
  const ask = async (tenant: string, name = tenant, signal = never): Promise<void> => {
    const giveBack = await turns.take(tenant, signal);
    had.push(name);
    giveBack();
  };
  return { had, turns, ask };
}

describe('turns', () => {
  test('go from tenant to tenant, and within one by who came first', async () => {
    const { had, turns, ask } = order();
    const giveBack = await turns.take('acme', never);
    const asked = [ask('acme', 'a1'), ask('acme', 'a2'), ask('acme', 'a3'), ask('beta', 'b1')];
    giveBack();
    await Promise.all(asked);
    expect(had).toEqual(['a1', 'b1', 'a2', 'a3']);
    await ask('beta', 'b2');
    expect(had.at(-1)).toBe('b2');
  });

  test('are refused to a tenant of which eight wait, and to nobody else', async () => {
    const { turns, ask } = order();
    const giveBack = await turns.take('acme', never);
    const asked = Array.from({ length: 8 }, () => ask('acme'));
    await expect(ask('acme')).rejects.toThrow(TooManyTurns);
    const other = ask('beta');
    giveBack();
    await Promise.all([...asked, other]);
    await ask('acme');
  });

  test('are not had by who gave up', async () => {
    const { had, turns, ask } = order();
    const giveBack = await turns.take('acme', never);
    const stop = new AbortController();
    const gone = expect(ask('acme', 'gone', stop.signal)).rejects.toThrow('went away');
    const next = ask('acme', 'next');
    stop.abort(new Error('went away'));
    await gone;
    giveBack();
    await next;
    expect(had).toEqual(['next']);
    await expect(ask('acme', 'late', stop.signal)).rejects.toThrow('went away');
  });
});
