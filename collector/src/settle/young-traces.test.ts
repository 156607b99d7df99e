/** Held to a plain map from hash to trace, over made-up requests that come, are forgotten, and bring hashes again. */
import { expect, it } from 'vitest';
import { type YoungTrace, YoungTraces } from './young-traces.ts';

/** Numbers that look random, the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
}

function same(found: YoungTrace<string> | undefined, hash: number, known?: YoungTrace<string>) {
  expect(found, `hash ${hash}`).toEqual(known);
}

it.for([50, 3_000, 100_000])('knows what a map of %d hashes knows', (hashes) => {
  const drawn = numbers(hashes);
  const young = new YoungTraces<string>();
  const known = new Map<number, YoungTrace<string>>();
  const owners: [string, number][] = [];
  for (let request = 0; request < 200; request++) {
    const record = `request ${request}`;
    const number = young.own(record);
    owners.push([record, number]);
    for (let trace = 0; trace < drawn(200); trace++) {
      // Many begin at one slot, and some are negative.
      const hash = (drawn(hashes) << 8) | 0x8000_0000;
      young.add(hash, trace, number);
      known.set(hash, { record, trace, hash });
    }
    const [one] = known.values();
    if (one !== undefined && drawn(2) === 0) {
      young.forget(one);
      known.delete(one.hash);
    }
    if (owners.length > 20) {
      const [forgotten, its] = owners.shift()!;
      young.forgetOwner(its);
      for (const [hash, { record: owner }] of known) if (owner === forgotten) known.delete(hash);
    }
    expect(young.count).toBe(known.size);
  }
  for (const [hash, trace] of known) same(young.find(hash), hash, trace);
  for (let hash = 0; hash < hashes; hash++) {
    const one = (hash << 8) | 0x8000_0000;
    same(young.find(one), one, known.get(one));
  }
  young.clear();
  expect([young.count, young.find([...known.keys()][0]!)]).toEqual([0, undefined]);
});

it('does not forget a trace of another request under the same hash', () => {
  const young = new YoungTraces<string>();
  young.add(7, 0, young.own('first'));
  const before = young.find(7)!;
  young.add(7, 0, young.own('second'));
  young.forget(before);
  expect(young.find(7)).toEqual({ record: 'second', trace: 0, hash: 7 });
});
