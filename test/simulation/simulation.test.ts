/**
 * The short form of `npm run test:simulation`, and the test of the test: a disk or an engine that breaks its promise
 * must be found out.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../kill/random.ts';
import { FakeTree, FileNode } from './fake-tree.ts';
import { simulate } from './simulate.ts';
import { describeSweep, sweep } from './sweep.ts';
import { simulateTwoSettlers } from './two-settlers.ts';

/** Fixed, so that a failure can be looked at again; `npm run test:simulation` draws its own. */
const SEED = 20_261_200;
const TEST_MS_MAX = 120_000;

it(
  'a process that dies in any call loses no span, bills none twice, and leaves every table equal',
  async () => {
    const summary = await sweep({ seed: SEED, runs: 80, stride: 53 });
    expect(summary.failures, describeSweep(summary)).toEqual([]);
    expect(summary.crashes).toBeGreaterThan(80);
    expect(summary.inserts_cut_between_targets).toBeGreaterThan(0);
    expect(summary.answers_lost + summary.inserts_given_up).toBeGreaterThan(0);
  },
  TEST_MS_MAX,
);

it(
  'two collectors that would settle bill each call once, whoever stands still for minutes or dies',
  async () => {
    const events = { taken: 0, lost: 0, stored: 0, failed: 0 };
    for (let seed = SEED; seed < SEED + 25; seed++) {
      const run = await simulateTwoSettlers({ seed });
      expect(run.failures, `seed ${seed}`).toEqual([]);
      for (const kind of ['taken', 'lost', 'stored', 'failed'] as const) {
        events[kind] += run.events[kind];
      }
    }
    // Most runs have an owner that was replaced, and what it left was stored later.
    expect(events.taken).toBeGreaterThan(35);
    expect(events.lost).toBeGreaterThan(5);
    expect(events.stored).toBeGreaterThan(10);
  },
  TEST_MS_MAX,
);

it(
  'what a former owner left has to be looked at: otherwise calls are billed twice',
  async () => {
    const found: string[] = [];
    for (let seed = 1; seed < 200 && found.length === 0; seed++) {
      const { failures } = await simulateTwoSettlers({ seed, forgetsDebts: true });
      found.push(...failures.filter((one) => / is billed /.test(one)));
    }
    expect(found).not.toEqual([]);
  },
  TEST_MS_MAX,
);

it(
  'one seed decides everything',
  async () => {
    const plan = { seed: SEED, crashes: [50, 170, 300] };
    const [first, second] = [await simulate(plan), await simulate(plan)];
    expect(first.digest).toBe(second.digest);
    expect(first.points).toBe(second.points);
    expect(first.digest).not.toBe((await simulate({ ...plan, crashes: [51] })).digest);
    const settlers = { seed: SEED, keepsStory: true };
    const [one, same] = [await simulateTwoSettlers(settlers), await simulateTwoSettlers(settlers)];
    expect(one.story).toEqual(same.story);
  },
  TEST_MS_MAX,
);

describe('what would go wrong is seen', () => {
  const LIES = [
    ['a disk that says it synced', { ignoresSync: true }, /is lost/],
    ['a disk that forgets names', { ignoresDirectorySync: true }, /is lost/],
    ['an engine that inserts twice', { appliesTwice: true }, /is stored 2 times/],
    ['an engine that denies what runs', { hidesRunning: true }, /2 times|do not hold the same/],
    ['an engine that begins too late', { ignoresConditions: true }, /2 times|do not hold the same/],
  ] as const;

  it.for(LIES)('%s', { timeout: TEST_MS_MAX }, async ([, lies, expected]) => {
    const found: string[] = [];
    for (let seed = 1; seed < 400 && !found.some((one) => expected.test(one)); seed++) {
      const random = new Random(seed);
      const crashes = [random.between(60, 160), random.between(161, 250)];
      found.push(...(await simulate({ seed, crashes, lies })).failures);
    }
    expect(found).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });
});

describe('the fake disk', () => {
  it.for([true, false])('keeps what was synced, names in order: %s', (keepsOrder) => {
    for (let seed = 0; seed < 50; seed++) {
      const tree = new FakeTree(keepsOrder);
      tree.makeDirectory('/open/a');
      tree.makeDirectory('/sealed');
      tree.syncDirectory('/');
      const file = tree.file('/open/a/rows', 0);
      tree.syncDirectory('/open/a');
      tree.syncDirectory('/open');
      file.write(0, Buffer.from('kept'));
      file.sync();
      tree.rename('/open/a', '/sealed/a');
      tree.syncDirectory('/sealed');
      file.write(4, Buffer.from(' or not'));
      tree.losePower(new Random(seed));
      const found = tree.find('/sealed/a/rows');
      expect(found).toBeInstanceOf(FileNode);
      expect((found as FileNode).bytes.toString('latin1')).toMatch(/^kept/);
      expect(tree.find('/open/a')).toBeUndefined();
    }
  });

  it('loses names and bytes that were not synced, in some of the cases', () => {
    const left = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const tree = new FakeTree(false);
      const file = tree.file('/a', 0);
      file.write(0, Buffer.alloc(2000, 'x'));
      tree.file('/b', 0);
      tree.syncDirectory('/');
      tree.rename('/b', '/c');
      tree.losePower(new Random(seed));
      left.add(tree.find('/b') === undefined ? 'moved' : 'not moved');
      left.add(`${(tree.find('/a') as FileNode).bytes.filter((byte) => byte !== 0).length} bytes`);
    }
    expect([...left]).toEqual(
      expect.arrayContaining(['moved', 'not moved', '0 bytes', '2000 bytes']),
    );
    expect(left.size).toBeGreaterThan(6);
  });
});
