/**
 * Fences of the API: every operation of the collector's own document × every parameter × keys in every state. Nothing
 * of another tenant can be learnt, and nothing that is asked ends in a fault. Routes that are added are walked too.
 * `npm run test:fences` is the long form: every value in each filter too, and more random requests.
 */

import { PROBLEMS } from '@ai-cost-profiler/collector/problems.ts';
import { DIMENSIONS } from '@ai-cost-profiler/queries/dimensions.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bare, createAsk, createAskWell, forEach, isReading, weakestKey } from './ask-operation.ts';
import { dayOf, pathValues, unknownLike, valuesWith } from './asked-values.ts';
import { type FurnishedTenants, furnishGlobex, LIMIT_MARK } from './furnish-globex.ts';
import { sendHostileCalls } from './hostile-calls.ts';
import {
  goodBodies,
  HOSTILE,
  HOSTILE_NAMES,
  hostileBodies,
  pollutingBodies,
} from './hostile-values.ts';
import { type Operation, type Parameter, readOperations } from './operations.ts';
import { arbitraryBody, arbitraryValues } from './random-request.ts';
import { DAY, MARK, startTwoTenants, type Who } from './two-tenants.ts';

const FUZZ_SEED = 20260820;
const IS_WHOLE = process.env['AICOST_FENCES'] === 'whole';
const FUZZ_RUNS = IS_WHOLE ? 100 : 10;

let world: FurnishedTenants;
let operations: readonly Operation[];
const ask = createAsk(() => world);
/** Expects no fault of the answer as such. */
const askWell = createAskWell(ask);

beforeAll(async () => {
  world = await furnishGlobex(await startTwoTenants());
  await sendHostileCalls(world);
  operations = await readOperations(world.collector.url);
});
afterAll(async () => {
  expect(await world.collector.stop(), world.collector.output().slice(-4000)).toBe(0);
});

const ofApi = () => operations.filter(({ path }) => path.startsWith('/api/'));
/** One that is taken; undefined where the operation declares none. */
const bodyOf = (operation: Operation) =>
  operation.body === undefined ? undefined : (goodBodies(operation)[0] ?? {});
/** Budgets, webhooks and alerts: admin sees and changes them, read sees them. */
const isOwnSetting = ({ path }: Operation) => /^\/api\/v1\/(budgets|webhooks|alerts)/.test(path);
const isForOperator = (operation: Operation) => weakestKey(operation) === 'operator';
/** Work on the whole ledger would go on behind the test. */
const isHarmless = ({ id }: Operation) =>
  !/^(settle|verify|reprice|expire|backup|suspend|delete(Tenant|User))/i.test(id);
/** A stream that does not end: it is opened in ways-in.e2e.test.ts, with everything that it takes. */
const isEnding = ({ id }: Operation): boolean => id !== 'streamLive';

const TAG = 'tag.team';
const isFilter = (name: string, operation: Operation): boolean =>
  isReading(operation) && [...DIMENSIONS, TAG].some((dimension) => dimension === name);
/**
 * Filters are one piece of code for all questions, which are answered from other tables by some: of each such table
 * one is looked at, and the one that only operators have.
 */
const LOOKED_AT: readonly string[] = ['model', 'user', 'session', TAG, 'tenant'];
const isLikeAnother = (name: string, operation: Operation): boolean =>
  !IS_WHOLE && isFilter(name, operation) && !LOOKED_AT.includes(name);

/** What globex sees of its own through an operation. */
const seenByGlobex = (operation: Operation) => {
  const key = world.globex[weakestKey(operation) === 'admin' ? 'admin' : 'read'];
  const { path, parameters } = operation;
  const needed = parameters.flatMap(({ name, required }) => {
    if (name === 'by') return [['by', 'model,feature'] as const];
    const secret = required === true ? world.secretOf(path, name) : undefined;
    return secret === undefined ? [] : [[name, secret] as const];
  });
  return ask(operation, { as: { key }, values: [...dayOf(operation), ...needed] });
};

describe('a key', () => {
  test.for(['none', 'garbage', 'expired', 'revoked'] as const)(
    'that is %s is told the same by every operation, whatever is asked',
    async (as) => {
      await forEach(
        ofApi().filter((operation) => !operation.isOpen),
        async (operation) => {
          const got = await askWell(operation, { as });
          const { code, detail } = JSON.parse(got.text) as Record<string, string>;
          const expected = as === 'none' ? 'key_missing' : 'key_unknown';
          expect([operation.id, got.status, code]).toEqual([operation.id, 401, expected]);
          expect(detail).toBe(PROBLEMS[expected].sentence);
          expect(got.headers.get('ratelimit')).toBeNull();
        },
      );
    },
  );

  test.for([
    ['ingest', () => true],
    ['read', (one: Operation) => !isReading(one) || weakestKey(one) !== 'read'],
    [
      'admin',
      (one: Operation) => isForOperator(one) || (weakestKey(one) === 'read' && !isOwnSetting(one)),
    ],
  ] as const)(
    'with the scope %s alone is refused before anything is looked at',
    async ([as, isRefused]) => {
      const refused = ofApi().filter(isRefused);
      expect(refused.length).toBeGreaterThan(12);
      await forEach(refused, async (operation) => {
        const body = bodyOf(operation);
        const named = operation.parameters.flatMap(({ name }) => {
          const secret = world.secretOf(operation.path, name);
          return secret === undefined ? [] : [[name, secret] as const];
        });
        const answers = [];
        for (const values of [[], named]) {
          const got = await askWell(operation, { as, values, body });
          expect([as, operation.id, got.status]).toEqual([as, operation.id, 403]);
          answers.push(bare(got, '<none>'));
        }
        expect([operation.id, answers[1]]).toEqual([operation.id, answers[0]]);
      });
    },
  );

  test('with the scope admin alone sees what it may change', async () => {
    for (const operation of ofApi().filter((one) => isOwnSetting(one) && isReading(one))) {
      const got = await askWell(operation, { as: 'admin' });
      const expected = operation.path.includes('{id}') ? 404 : 200;
      expect([operation.id, got.status]).toEqual([operation.id, expected]);
    }
  });

  test('needs the scope that the document names, wherever something is changed', () => {
    const changing = ofApi().filter((operation) => !isReading(operation));
    expect(changing.length).toBeGreaterThan(20);
    const silent = changing.filter((operation) => weakestKey(operation) === 'read');
    expect(silent.map(({ id }) => id)).toEqual([]);
  });
});

describe('nothing of another tenant is learnt', () => {
  test('from what an operation answers by itself', async () => {
    await forEach(
      ofApi().filter((operation) => isReading(operation) && !isForOperator(operation)),
      async (operation) => {
        const got = await askWell(operation, {
          as: weakestKey(operation),
          values: dayOf(operation),
        });
        for (const word of [MARK, 'globex', String(LIMIT_MARK)])
          expect(`${operation.id} ${got.text}`).not.toContain(word);
      },
    );
  });

  test('although it is there to be found, by itself and by an operator', async () => {
    const reading = ofApi().filter((one) => isReading(one) && isEnding(one) && !isForOperator(one));
    const silent: string[] = [];
    await forEach(reading, async (operation) => {
      const got = await seenByGlobex(operation);
      const isSeen = got.status === 200 && got.text.includes(MARK);
      if (!isSeen && !got.type.includes('parquet')) silent.push(operation.id);
    });
    // One counts, and one tells ids (control/audit-log.test.ts): they name nothing.
    expect(silent.sort()).toEqual(['getStatus', 'listAudit']);
    for (const name of ['cursor', 'resume']) {
      for (const operation of ofApi().filter(
        ({ path }) => world.secretOf(path, name) !== undefined,
      )) {
        if (!operation.parameters.some((one) => one.name === name)) continue;
        const values = valuesWith(operation, name, world.secretOf(operation.path, name)!);
        const goesOn = await ask(operation, { as: { key: world.globex.read }, values });
        expect([operation.id, goesOn.status, goesOn.text.includes(MARK)]).toEqual([
          operation.id,
          200,
          true,
        ]);
      }
    }
    const breakdown = ofApi().find(({ id }) => id === 'getCostBreakdown')!;
    const seen = await ask(breakdown, { as: 'operator', values: [...DAY, ['by', 'tenant,user']] });
    expect(seen.text).toContain(MARK);
    const limits = ofApi().find(({ id }) => id === 'showTenantLimits')!;
    const shown = await ask(limits, { as: 'operator', values: [['tenant', 'globex']] });
    expect(shown.text).toContain(String(LIMIT_MARK));
  });

  test('by asking for what it has: the same bytes as for what nobody has', async () => {
    const cases = ofApi()
      .filter((operation) => isEnding(operation) && !isForOperator(operation))
      .flatMap((operation) => {
        const names = operation.parameters.map(({ name }) => name);
        return [...names, ...(isReading(operation) ? [TAG] : [])]
          .filter((name) => !isLikeAnother(name, operation))
          .map((name) => ({ operation, name }));
      });
    const kept = await settingsOfGlobex();
    await forEach(cases, async ({ operation, name }) => {
      const secret = world.secretOf(operation.path, name);
      const others = isFilter(name, operation) ? [] : [world.trace];
      const found = secret === undefined ? [`feature-${MARK}`, ...others] : [secret];
      const body = bodyOf(operation);
      for (const value of found) {
        const answers = [];
        for (const one of [value, unknownLike(value)]) {
          const values = valuesWith(operation, name, one);
          const got = await askWell(operation, { as: weakestKey(operation), values, body });
          answers.push(bare(got, one));
        }
        expect(`${operation.id} ${name} ${answers[0]}`).toBe(
          `${operation.id} ${name} ${answers[1]}`,
        );
      }
    });
    expect(await settingsOfGlobex(), 'what was asked for has changed').toEqual(kept);
  });
});

/** Everything that a tenant sets for itself, as it stands. */
async function settingsOfGlobex(): Promise<readonly string[]> {
  const lists = ['listBudgets', 'listWebhooks', 'listPriceTerms', 'listKeys'];
  const shown = lists.map(async (id) => {
    const operation = operations.find((one) => one.id === id)!;
    return (await ask(operation, { as: { key: world.globex.admin } })).text;
  });
  return Promise.all(shown);
}

const LONG = `${HOSTILE[1]}${'x'.repeat(8_000)}`;

describe('what is hostile is a value like any other, or a declared problem', () => {
  /** Nobody was added, changed or taken away. */
  const expectUnharmed = async () => {
    expect(await world.collector.sql('SELECT uniqExact(tenant) FROM ledger')).toBe('2');
    const tenants = 'SELECT arraySort(groupUniqArray(tenant)) FROM control';
    expect(await world.collector.sql(tenants)).toMatch(
      /^\['(\*','|','|)*acme','default','globex'\]$/,
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  };

  test('in every parameter', async () => {
    const cases = ofApi()
      .filter(isEnding)
      .flatMap((operation) => operation.parameters.map((parameter) => ({ operation, parameter })));
    expect(cases.length).toBeGreaterThan(50);
    await forEach(cases, async ({ operation, parameter: { name } }) => {
      if (isFilter(name, operation) && name !== 'tenant') return;
      const body = bodyOf(operation);
      const as = weakestKey(operation);
      const twice = [...valuesWith(operation, name, HOSTILE[0]!), [name, LONG] as const];
      await askWell(operation, { as, values: twice, body });
      for (const value of [...HOSTILE, LONG]) {
        await askWell(operation, { as, values: valuesWith(operation, name, value), body });
      }
    });
    await expectUnharmed();
  });

  test('in every filter of a question, at once', async () => {
    const filters = DIMENSIONS.filter((name) => name !== 'tenant');
    const filtered = ofApi().filter(
      (operation) =>
        isEnding(operation) &&
        filters.every((filter) => operation.parameters.some(({ name }) => name === filter)),
    );
    expect(filtered.length).toBeGreaterThan(12);
    await forEach(filtered, async (operation) => {
      const each = [...filters, TAG].flatMap((name) =>
        HOSTILE.map((value) => [name, value] as const),
      );
      for (const values of [each, [[TAG, LONG] as const]]) {
        const got = await askWell(operation, {
          as: 'read',
          values: [...dayOf(operation), ...values],
        });
        expect([operation.id, got.status, got.text]).toEqual([operation.id, 200, got.text]);
      }
    });
    await expectUnharmed();
  });

  test('in the name of a parameter, or as a body where none is taken', async () => {
    // Every operation, the dangerous ones too: what they do not declare keeps them from being done.
    await forEach(ofApi(), async (operation) => {
      const isTagged = operation.parameters.some(({ name }) => name === 'tags');
      for (const name of [...HOSTILE_NAMES, 'dry_run']) {
        if (name === 'tag.__proto__' && isTagged) continue;
        const values = [...dayOf(operation), [name, '1'] as const];
        const body = bodyOf(operation);
        const got = await askWell(operation, { as: 'operator', values, body });
        expect([operation.id, name, got.status]).toEqual([operation.id, name, 400]);
      }
      if (operation.body !== undefined || isReading(operation)) return;
      const got = await askWell(operation, { as: 'operator', body: { dry_run: true } });
      expect([operation.id, got.status]).toEqual([operation.id, 400]);
    });
    await expectUnharmed();
  });

  test('in every place of every body', async () => {
    const createBudget = operations.find(({ id }) => id === 'createBudget')!;
    const made = await askWell(createBudget, { as: 'admin', body: bodyOf(createBudget) });
    const { id: budget } = JSON.parse(made.text) as { id: string };
    const taken = new Set<string>();
    let asked = 0;
    await forEach(ofApi(), async (operation) => {
      for (const body of hostileBodies(operation)) {
        const as = weakestKey(operation);
        const own = operation.id === 'changeBudget' ? [['id', budget] as const] : [];
        const values = [...pathValues(operation), ...own];
        const got = await askWell(operation, { as, values, body });
        asked++;
        if (got.status < 300) taken.add(operation.id);
      }
    });
    expect(asked).toBeGreaterThan(200);
    // Names and filters of people are any text: there it was stored, and read again.
    expect([...taken]).toEqual(
      expect.arrayContaining([
        ...['createKey', 'createBudget', 'changeBudget', 'createWebhook', 'addPriceTerms'],
        ...['importRows', 'repriceLedger', 'retrySetAside'],
      ]),
    );
    await expectUnharmed();
  });

  test('as the name of a person who is to be deleted', async () => {
    const deleteUser = operations.find(({ id }) => id === 'deleteUser')!;
    // Each writes the rows of a tenant anew: SQL, and what ends a text elsewhere.
    for (const value of [HOSTILE[0], HOSTILE[2]]) {
      const body = { user: `user-${value}`, confirm: 'acme' };
      const got = await askWell(deleteUser, {
        as: 'operator',
        values: pathValues(deleteUser),
        body,
      });
      const counted = expect.stringMatching(/"done":true.*"spans":1,"entries":1,/);
      expect([value, got.text]).toEqual([value, counted]);
    }
    await expectUnharmed();
  });

  test('as the name of a member, which is refused or changes nothing', async () => {
    await forEach(ofApi(), async (operation) => {
      const as = weakestKey(operation);
      for (const body of pollutingBodies(operation)) {
        const got = await askWell(operation, { as, values: pathValues(operation), body });
        if (got.status === 400) continue;
        // A row of a history has any columns, of which those are read that are known.
        const expected = await ask(operation, { as, body: goodBodies(operation)[0] });
        expect([operation.id, got.text]).toEqual(['importRows', expected.text]);
      }
    });
    const createKey = operations.find(({ id }) => id === 'createKey')!;
    expect((await askWell(createKey, { as: 'operator', body: {} })).status, 'scopes').toBe(400);
    await expectUnharmed();
  });
});

test(`random requests never end in a fault (seed ${FUZZ_SEED})`, async () => {
  const as = ({ path, method }: Operation): Who => {
    if (method !== 'GET') return 'admin';
    return path.startsWith('/api/v1/admin/') ? 'operator' : 'read';
  };
  let [answered, refused] = [0, 0];
  await forEach(ofApi().filter(isHarmless), async (operation) => {
    const requests = fc.sample(
      fc.record({
        values: arbitraryValues(operation.parameters as readonly Parameter[]),
        body: operation.body === undefined ? fc.constant(undefined) : arbitraryBody(operation.body),
      }),
      { seed: FUZZ_SEED, numRuns: FUZZ_RUNS },
    );
    for (const { values, body } of requests) {
      const got = await askWell(operation, { as: as(operation), values, body });
      if (as(operation) !== 'operator') expect(got.text).not.toContain(MARK);
      if (got.status < 300) answered++;
      else refused++;
    }
  });
  // Of requests that are all refused by their first parameter, nothing would be learnt.
  expect(answered).toBeGreaterThan(FUZZ_RUNS);
  expect(refused).toBeGreaterThan(FUZZ_RUNS);
});
