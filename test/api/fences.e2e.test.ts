/**
 * Fences of the API: every operation of the collector's own document × every parameter × keys in every state. Nothing
 * of another tenant can be learnt, and nothing that is asked ends in a fault. Routes that are added are walked too.
 * `npm run test:fences` is the long form: every value under every key in each filter too, and more random requests.
 */

import { PROBLEMS } from '@ai-cost-profiler/collector/problems.ts';
import { DIMENSIONS } from '@ai-cost-profiler/queries/dimensions.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf, type Operation, type Parameter, readOperations } from './operations.ts';
import { arbitraryBody, arbitraryValues } from './random-request.ts';
import { DAY, MARK, startTwoTenants, type TwoTenants, type Who } from './two-tenants.ts';

const FUZZ_SEED = 20260820;
const IS_WHOLE = process.env['AICOST_FENCES'] === 'whole';
const FUZZ_RUNS = IS_WHOLE ? 100 : 10;
const STREAM_MS = 1_500;

let world: TwoTenants;
let operations: readonly Operation[];

beforeAll(async () => {
  world = await startTwoTenants();
  operations = await readOperations(world.collector.url);
});
afterAll(async () => {
  expect(await world.collector.stop(), world.collector.output().slice(-4000)).toBe(0);
});

interface Asked {
  readonly as: Who;
  readonly values?: readonly (readonly [string, string])[];
  readonly body?: unknown;
}

interface Got {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly headers: Headers;
}

/** A tenant has one export at a time: another one comes again, as it is told to. */
async function ask(operation: Operation, asked: Asked): Promise<Got> {
  for (;;) {
    const got = await askOnce(operation, asked);
    if (got.status !== 503 || !operation.path.startsWith('/api/v1/export/')) return got;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function askOnce(operation: Operation, { as, values = [], body }: Asked): Promise<Got> {
  const key = world.keys[as];
  const response = await fetch(world.collector.url + addressOf(operation, values), {
    method: operation.method,
    headers: {
      ...(key === undefined ? {} : { 'x-api-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const type = response.headers.get('content-type') ?? '';
  const text = await readText(response, type);
  return { status: response.status, type, text, headers: response.headers };
}

/** A live stream never ends: what comes in a moment is looked at. */
async function readText(response: Response, type: string): Promise<string> {
  if (!type.startsWith('text/event-stream')) return response.text();
  let text = '';
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const timer = setTimeout(() => reader.cancel(), STREAM_MS);
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  clearTimeout(timer);
  return text;
}

const ofApi = () => operations.filter(({ path }) => path.startsWith('/api/'));
const isReading = ({ method }: Operation) => method === 'GET';
const bodyOf = ({ body }: Operation) => (body === undefined ? undefined : {});
/** Work on the whole ledger would go on behind the test. */
const isHarmless = ({ id }: Operation) =>
  !/^(settle|verify|reprice|expire|backup|suspend|delete(Tenant|User))/.test(id);

/** What is wrong with an answer as such, in words; nothing where it is a good one or a declared problem. */
function faultOf({ path, responses }: Operation, got: Got): string | undefined {
  if (got.status >= 500) return `answers ${got.status}: ${got.text}`;
  if (got.headers.get('x-injected') !== null) return 'took a header from a parameter';
  if (got.status < 400) return undefined;
  if (path.startsWith('/v1/')) return undefined;
  if (!got.type.startsWith('application/problem+json')) return `answers ${got.type}`;
  const { code, status } = JSON.parse(got.text) as { code: string; status: number };
  if (!(code in PROBLEMS) || status !== got.status) return `has no such problem: ${got.text}`;
  const declared = responses[String(status)]?.description.includes(`\`${code}\``) === true;
  return declared ? undefined : `does not declare ${status} ${code}`;
}

async function expectNoFault(operation: Operation, asked: Asked): Promise<Got> {
  const got = await ask(operation, asked);
  const fault = faultOf(operation, got);
  const told = `${operation.method} ${addressOf(operation, asked.values ?? [])} ${JSON.stringify(asked.body)}`;
  expect(fault === undefined ? '' : `${told} ${fault}`.slice(0, 2000)).toBe('');
  return got;
}

/** Two at a time. */
async function forEach<T>(list: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  const waiting = [...list];
  const worker = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
  };
  await Promise.all([worker(), worker()]);
}

/** An answer without what differs by nature: its request id, the asked value, and the clock. */
function bare({ status, text }: Got, value: string): string {
  const plain = text
    .replaceAll(value, '<value>')
    .replaceAll(/"request_id":"[^"]*"/g, '"request_id":"<id>"')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    // Settle passes meanwhile, over all tenants alike.
    .replaceAll(/"settled_through":(null|"<time>")/g, '"settled_through":"<mark>"')
    // A stream has heartbeats, and is told of a pass that changed nothing; that counts in later ids.
    .replaceAll(/^:\n\n/gm, '')
    .replaceAll(/event: settled\nid: .*\ndata: {"entries":0,.*\n\n/g, '')
    .replaceAll(/^id: ([0-9a-f]{16})-\d+$/gm, 'id: $1-<n>');
  return `${status} ${plain}`;
}

/** A stream that does not end tells what settle does meanwhile: its own tests hold its filters and tenants apart. */
const isEnding = ({ id }: Operation): boolean => id !== 'streamLive';

/** Range of the seeded day, for what has one. */
const dayOf = ({ parameters }: Operation): readonly (readonly [string, string])[] =>
  parameters.some(({ name }) => name === 'from') ? DAY : [];

const TAG = 'tag.team';
/** Filters are one piece of code for all questions: of each, one value of the weaker key is looked at. */
const isFilter = (name: string, operation: Operation): boolean =>
  !IS_WHOLE && isReading(operation) && [...DIMENSIONS, TAG].some((dimension) => dimension === name);

describe('a key', () => {
  test.for(['none', 'garbage', 'expired', 'revoked'] as const)(
    'that is %s is told the same by every operation, whatever is asked',
    async (as) => {
      await forEach(
        ofApi().filter((operation) => !operation.isOpen),
        async (operation) => {
          const got = await expectNoFault(operation, { as });
          const { code, detail } = JSON.parse(got.text) as Record<string, string>;
          const expected = as === 'none' ? 'key_missing' : 'key_unknown';
          expect([operation.id, got.status, code]).toEqual([operation.id, 401, expected]);
          expect(detail).toBe(PROBLEMS[expected].sentence);
          expect(got.headers.get('ratelimit')).toBeNull();
        },
      );
    },
  );

  test('without the scope is refused before anything is looked at', async () => {
    const refused: [Who, (operation: Operation) => boolean][] = [
      ['ingest', () => true],
      ['read', ({ path }) => path.startsWith('/api/v1/admin/')],
      ['admin', ({ summary }) => summary.includes('Scope operator.')],
    ];
    for (const [as, isRefused] of refused) {
      await forEach(ofApi().filter(isRefused), async (operation) => {
        const got = await expectNoFault(operation, {
          as,
          body: bodyOf(operation),
        });
        expect([as, operation.id, got.status]).toEqual([as, operation.id, 403]);
      });
    }
    expect(ofApi().filter(refused[2]![1]).length).toBeGreaterThan(5);
  });
});

describe('nothing of another tenant is learnt', () => {
  test('from what an operation answers by itself', async () => {
    await forEach(ofApi().filter(isReading), async (operation) => {
      for (const as of ['read', 'admin'] as const) {
        const got = await expectNoFault(operation, { as, values: dayOf(operation) });
        expect(`${operation.id} ${got.text}`).not.toContain(MARK);
        expect(`${operation.id} ${got.text}`).not.toContain('globex');
      }
    });
    const [breakdown] = ofApi().filter(({ id }) => id === 'getCostBreakdown');
    const seen = await ask(breakdown!, { as: 'operator', values: [...DAY, ['by', 'tenant,user']] });
    expect(seen.text, 'globex is there to be found').toContain(MARK);
  });

  test('by asking for what it has: the same bytes as for what nobody has', async () => {
    const { secrets } = world;
    const cases = ofApi()
      .filter(isHarmless)
      .filter(isEnding)
      .flatMap((operation) => {
        const names = [...operation.parameters.map(({ name }) => name), TAG];
        return names.map((name) => ({ operation, name }));
      });
    await forEach(cases, async ({ operation, name }) => {
      const secret = name === TAG ? `team-${MARK}` : secrets[name];
      const others = isFilter(name, operation) ? [] : [secrets['trace_id']!];
      const found = secret === undefined ? [`feature-${MARK}`, ...others] : [secret];
      for (const value of found) {
        const unknown = value
          .replace(MARK, 'zqnobodyonly')
          .replace(/^b+$/, (all) => 'e'.repeat(all.length));
        const other =
          unknown === value ? `${value.slice(0, -1)}${value.endsWith('x') ? 'y' : 'x'}` : unknown;
        const keys = isFilter(name, operation) ? ['read'] : ['read', 'admin'];
        for (const as of keys as readonly Who[]) {
          const body = bodyOf(operation);
          const answers = [];
          for (const one of [value, other]) {
            const values = [
              ...dayOf(operation).filter(([known]) => known !== name),
              [name, one] as const,
            ];
            answers.push(bare(await expectNoFault(operation, { as, values, body }), one));
          }
          expect(`${operation.id} ${name} ${answers[0]}`).toBe(
            `${operation.id} ${name} ${answers[1]}`,
          );
        }
      }
    });
  });
});

const HOSTILE = [
  `'); DROP TABLE aicost.ledger; -- {p0:String} \` /* \\`,
  '=HYPERLINK("http://a.example")\r\nx-injected: 1\r\n\r\n',
  '\u0000\uFFFD%00../../etc/passwd',
  '__proto__',
];
const HOSTILE_NAMES = ['__proto__', 'constructor', 'toString', 'by[]', 'tag.__proto__', 'tag.', ''];

describe('what is hostile is a value like any other, or a declared problem', () => {
  test('in every parameter', async () => {
    const cases = ofApi()
      .filter(isHarmless)
      .filter(isEnding)
      .flatMap((operation) => operation.parameters.map((parameter) => ({ operation, parameter })));
    expect(cases.length).toBeGreaterThan(50);
    await forEach(cases, async ({ operation, parameter: { name } }) => {
      const rest = dayOf(operation).filter(([known]) => known !== name);
      const body = bodyOf(operation);
      const long = `${HOSTILE[1]}${'x'.repeat(8_000)}`;
      const twice = [...rest, [name, HOSTILE[0]!] as const, [name, long] as const];
      await expectNoFault(operation, { as: 'read', values: twice });
      // It takes several values, so it has read them by now.
      if (isFilter(name, operation)) return;
      for (const value of [...HOSTILE, long]) {
        await expectNoFault(operation, { as: 'admin', values: [...rest, [name, value]], body });
        await expectNoFault(operation, { as: 'read', values: [...rest, [name, value]], body });
      }
    });
    expect(await world.collector.sql('SELECT uniqExact(tenant) FROM ledger')).toBe('2');
  });

  test('in the name of a parameter, or as a body where none is taken', async () => {
    // Every operation, the dangerous ones too: what they do not declare keeps them from being done.
    await forEach(ofApi(), async (operation) => {
      const isTagged = operation.parameters.some(({ name }) => name === 'tags');
      for (const name of [...HOSTILE_NAMES, 'dry_run']) {
        if (name === 'tag.__proto__' && isTagged) continue;
        const values = [...dayOf(operation), [name, '1'] as const];
        const body = bodyOf(operation);
        const got = await expectNoFault(operation, { as: 'operator', values, body });
        expect([operation.id, name, got.status]).toEqual([operation.id, name, 400]);
      }
      if (operation.body !== undefined || isReading(operation)) return;
      const got = await expectNoFault(operation, { as: 'operator', body: { dry_run: true } });
      expect([operation.id, got.status]).toEqual([operation.id, 400]);
    });
    expect(Object.keys(Object.prototype)).toEqual([]);
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
      const got = await expectNoFault(operation, { as: as(operation), values, body });
      if (as(operation) !== 'operator') expect(got.text).not.toContain(MARK);
      if (got.status < 300) answered++;
      else refused++;
    }
  });
  // Of requests that are all refused by their first parameter, nothing would be learnt.
  expect(answered).toBeGreaterThan(FUZZ_RUNS);
  expect(refused).toBeGreaterThan(FUZZ_RUNS);
});
