/**
 * Traces that were decided while they came in, on the real engine: settle leaves them alone, and looks at them again as
 * soon as anything may have changed.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openTestLedger, type TestLedger } from '../test-ledger.ts';
import { chat, NOW_MS, type TestSpan } from '../test-road.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
});
afterAll(() => ledger.remove());

let trace = 0;
beforeEach(() => {
  trace += 10;
  ledger.clockMs += 10_000;
});

const id = (span: number) => (span + 1).toString(16).padStart(16, '0');

function root(attributes: Record<string, unknown> = { 'user.id': 'ann' }): TestSpan {
  return { span: 1, trace, startMs: NOW_MS - 5_000, attributes, fields: { name: 'POST /ask' } };
}

function call(span: number, more: Record<string, unknown> = {}, parent = 1): TestSpan {
  const fields = { parentSpanId: id(parent) };
  return { span, trace, startMs: NOW_MS - 5_000 + span, attributes: chat(1000, more), fields };
}

async function entries(of = trace): Promise<unknown[]> {
  const traceId = (of + 1).toString(16).padStart(32, '0');
  return ledger.store.query(
    `SELECT kind, role, user, toInt32(calls) AS calls FROM ledger WHERE trace_id = {traceId:String}
     ORDER BY span_id, recorded_at, kind`,
    { traceId },
  );
}

it('a whole trace is charged for good at once, and settle does not look at it', async () => {
  await ledger.send([root(), call(2), call(3, { 'user.id': 'bob' })]);
  const wanted = [
    { kind: 'charge', role: 'leaf', user: 'ann', calls: 1 },
    { kind: 'charge', role: 'leaf', user: 'bob', calls: 1 },
  ];
  expect(await entries()).toEqual(wanted);
  expect(await ledger.settle()).toMatchObject({ traces: 0, resolved: 1, entries: 0 });
  expect(await entries()).toEqual(wanted);
});

it('the root that comes in a later request decides what was open', async () => {
  await ledger.send([call(2), call(3, {}, 2)]);
  await ledger.send([root()]);
  expect(await ledger.settle()).toMatchObject({ traces: 0, resolved: 1, entries: 0 });
  const live = await entries();
  expect(live.filter((one) => (one as { user: string }).user === 'ann')).toHaveLength(2);
});

it('a late span is looked at, whether this collector still knows the trace or not', async () => {
  await ledger.send([root(), call(2)]);
  expect(await ledger.settle()).toMatchObject({ traces: 0, resolved: 1 });
  ledger.open.releaseAll();
  ledger.clockMs += 5_000;
  await ledger.send([call(3)]);
  expect(await ledger.settle()).toMatchObject({ traces: 1, resolved: 0, entries: 2 });
  expect(await entries()).toContainEqual({ kind: 'charge', role: 'leaf', user: 'ann', calls: 1 });
});

it('the same request through another collector is billed once', async () => {
  const request = [root(), call(2)];
  await ledger.send(request);
  ledger.open.releaseAll();
  await ledger.send(request);
  expect(await ledger.settle()).toMatchObject({ traces: 1, resolved: 0 });
  const calls = (await entries()).reduce(
    (sum: number, one) => sum + (one as { calls: number }).calls,
    0,
  );
  expect(calls).toBe(1);
});

it('a response that two traces show is billed once, though each was decided', async () => {
  const shared = { 'gen_ai.response.id': `chatcmpl-9J3uIL87gldCFtiIbya${trace}` };
  await ledger.send([root(), call(2, shared)]);
  const first = trace;
  expect(await ledger.settle()).toMatchObject({ traces: 0, resolved: 1 });
  trace += 1;
  ledger.clockMs += 5_000;
  await ledger.send([root({}), { ...call(2, shared), fields: { parentSpanId: id(1), kind: 2 } }]);
  expect(await ledger.settle()).toMatchObject({ traces: 1, resolved: 0 });
  const roles = [...(await entries(first)), ...(await entries())];
  expect(roles).toContainEqual({ kind: 'charge', role: 'mirror', user: '', calls: 0 });
  expect(roles.reduce((sum: number, one) => sum + (one as { calls: number }).calls, 0)).toBe(1);
});

it('a pass that ended half way may have overtaken it: then it is looked at', async () => {
  await ledger.send([root(), call(2)]);
  const begun = new Date(ledger.clockMs + 500).toISOString();
  await ledger.store.insertRows('settle_marks', [{ begun, recorded_at: begun }]);
  expect(await ledger.settle()).toMatchObject({ traces: 1, resolved: 0, entries: 0 });
});

it('a mark of a clock that was set back since is no reason to pass over what came in meanwhile', async () => {
  const HOUR_MS = 3_600_000;
  ledger.clockMs += HOUR_MS;
  await ledger.send([root()]);
  await ledger.settle();
  ledger.clockMs -= HOUR_MS - 10_000;
  trace += 10;
  await ledger.send([call(2)]);
  const { traces, resolved } = await ledger.settle();
  expect(traces + resolved).toBeGreaterThan(0);
});
