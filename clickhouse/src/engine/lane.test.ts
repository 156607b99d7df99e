import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLane } from './lane.ts';

const never = new AbortController().signal;

test('places are given in turn, and whoever waits is served in order', async () => {
  const lane = createLane('x', 2, 10);
  const [first, second] = [await lane.enter(never), await lane.enter(never)];
  expect([first, second].sort()).toEqual([0, 1]);
  const order: string[] = [];
  const noted = async (name: string): Promise<number> => {
    const place = await lane.enter(never);
    order.push(name);
    return place;
  };
  const third = noted('third');
  const fourth = noted('fourth');
  expect([lane.running, lane.waiting]).toEqual([2, 2]);
  lane.leave(second);
  expect(await third).toBe(second);
  lane.leave(first);
  expect(await fourth).toBe(first);
  expect(order).toEqual(['third', 'fourth']);
});

test('a full queue is refused with 202', async () => {
  const lane = createLane('x', 1, 0);
  await lane.enter(never);
  await expect(lane.enter(never)).rejects.toMatchObject({ code: 202 });
});

test('whoever gives up leaves the queue and takes no place', async () => {
  const lane = createLane('x', 1, 1);
  const place = await lane.enter(never);
  const stop = new AbortController();
  const waiting = lane.enter(stop.signal);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: 394 });
  lane.leave(place);
  expect([lane.running, lane.waiting]).toEqual([0, 0]);
  await expect(lane.enter(stop.signal)).rejects.toMatchObject({ code: 394 });
});

test('no place is ever held twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 4 }), async (scheduler, places) => {
      const lane = createLane('x', places, 100);
      const held = new Set<number>();
      const users = Array.from({ length: 20 }, async (_, index) => {
        const stop = new AbortController();
        const entering = lane.enter(stop.signal);
        if (index % 5 === 0) {
          stop.abort();
        }
        const place = await entering.catch(() => null);
        if (place === null) {
          return;
        }
        expect(held.has(place)).toBe(false);
        held.add(place);
        await scheduler.schedule(Promise.resolve());
        held.delete(place);
        lane.leave(place);
      });
      await scheduler.waitFor(Promise.all(users));
      expect([lane.running, lane.waiting]).toEqual([0, 0]);
    }),
    { numRuns: 50 },
  );
});
