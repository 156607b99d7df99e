/** The short form of `npm run test:fuzz`. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StartedCollector, startCollector } from '../start-collector.ts';
import { Bodies } from './bodies.ts';
import { fuzz } from './fuzz.ts';
import { judgeVerdict } from './judge-verdict.ts';
import { readPayloads } from './payloads.ts';

/** Fixed, so that a failure can be looked at again; `npm run test:fuzz` draws its own. */
const SEED = 20_261_123;
const BODIES = 800;
let collector: StartedCollector;

beforeAll(async () => {
  collector = await startCollector(['--settle', 'off', '--log-level', 'warn']);
});
afterAll(() => collector.stop());

test('mutated bodies over HTTP and gRPC: no crash, no hang, and never another judgement than the reference decoder', async () => {
  const report = await fuzz(collector, {
    ...{ seed: SEED, bodies: BODIES, inFlight: 16, slowSenders: 10, hostileScale: 0.01 },
    progress: () => undefined,
  });
  expect(report.failures).toEqual([]);
  expect(report.bodies).toBeGreaterThan(BODIES / 2);
  expect(report.taken).toBeGreaterThan(BODIES / 10);
  expect(report.refused).toBeGreaterThan(BODIES / 10);
  expect(Object.keys(report.by_way)).toHaveLength(6);
});

test('a wrong judgement is seen', () => {
  const bodies = new Bodies(SEED, readPayloads());
  const all = Array.from({ length: 200 }, (_, n) => bodies.at(n));
  const legal = all.find(({ isLegal }) => isLegal === true)!;
  const illegal = all.find(({ isLegal }) => isLegal === false)!;
  expect(judgeVerdict(illegal, { kind: 'taken', text: '200' })).toMatch(/taken/);
  expect(judgeVerdict(legal, { kind: 'refused', text: '400 no' })).toMatch(/refused/);
  expect(judgeVerdict(legal, { kind: 'wrong', text: '500' })).toBe('500');
  expect(judgeVerdict(legal, { kind: 'taken', text: '200' })).toBeUndefined();
});
