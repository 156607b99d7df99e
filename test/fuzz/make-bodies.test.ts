import { expect, test } from 'vitest';
import { Bodies, type Body } from './bodies.ts';
import { LeftOut } from './left-out.ts';
import { makeBodies } from './make-bodies.ts';
import { readPayloads } from './payloads.ts';

const SEED = 20_261_123;
const FROM = 50;
const COUNT = 100;

test('bodies that threads make are those of the seed, each once and in turn, whoever asks', async () => {
  const expected = new Bodies(SEED, readPayloads());
  const made: { n: number; body: Body }[] = [];
  const bodies = makeBodies(SEED, { from: FROM, to: FROM + COUNT });
  const takeOnAndOn = async (): Promise<void> => {
    for await (const one of { [Symbol.asyncIterator]: () => ({ next: () => bodies.next() }) }) {
      made.push(one);
    }
  };
  await Promise.all([takeOnAndOn(), takeOnAndOn(), takeOnAndOn()]);
  expect(made.map(({ n }) => n)).toEqual(Array.from({ length: COUNT }, (_, n) => FROM + n));
  for (const { n, body } of made) expect(body).toEqual(expected.at(n));
});

test('days and huge bodies are sent up to a number, and others go on', () => {
  const leftOut = new LeftOut();
  const body = (day: number, bytes = 1): Body => ({
    ...{ signal: 'traces', encoding: 'json', transport: 'http', coding: 'none', isLegal: true },
    ...{ bytes: Buffer.alloc(bytes), days: [day] },
  });
  const sent = Array.from({ length: 60 }, (_, day) => !leftOut.has(body(day)));
  expect(sent.filter(Boolean)).toHaveLength(40);
  expect(leftOut.has(body(0))).toBe(false);
  const large = body(0, 9_000_000);
  const huge = Array.from({ length: 60 }, () => !leftOut.has(large));
  expect(huge.filter(Boolean)).toHaveLength(40);
  expect(leftOut.has(body(0))).toBe(false);
});

test('repeats within repeats do not make a body that no memory can hold', () => {
  // The 100,507th of this seed once could not be allocated, and ended the long form.
  const { bytes } = new Bodies(20_261_130, readPayloads()).at(100_507);
  expect(bytes.length).toBeLessThan(64_000_000);
});
