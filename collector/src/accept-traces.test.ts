/** One request through the real stages to a real journal: what is kept, once, and what is told to the sender. */
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { decodeIndex, sumRecords } from './journal/index-file.ts';
import { diskFiles } from './journal/segment-files.ts';
import { DIALECTS } from './normalise/dialects.ts';
import { Normaliser } from './normalise/normalise.ts';
import type { PriceBook } from './price/price-book.ts';
import { ContentRedactor } from './rows/redact.ts';
import { chat, NOW_MS, openRoad, requestOf, type TestRoad } from './test-road.ts';

async function begin(options: Parameters<typeof openRoad>[0] = {}): Promise<TestRoad> {
  const road = await openRoad(options);
  onTestFinished(async () => {
    await road.close();
    await road.remove();
  });
  return road;
}

/** Nothing of a file that is not there yet. */
const contentOf = (path: string) => diskFiles.readRange(path, 0, Number.MAX_SAFE_INTEGER);

/** Rows that are durable, by kind. */
async function kept({ directory }: TestRoad): Promise<{ spans: number; entries: number }> {
  const sum = { spans: 0, entries: 0 };
  for (const state of ['open', 'sealed']) {
    for (const name of await diskFiles.list(join(directory, state))) {
      const index = decodeIndex(await contentOf(join(directory, state, name, 'index')));
      // A folder that is made in advance has none yet.
      const { spanRows, entryRows } = sumRecords(index?.records ?? []);
      sum.spans += spanRows;
      sum.entries += entryRows;
    }
  }
  return sum;
}

/** Whether a text is somewhere in the rows. */
async function isStored({ directory }: TestRoad, text: string): Promise<boolean> {
  const names = await diskFiles.list(join(directory, 'open'));
  const files = names.map((name) => contentOf(join(directory, 'open', name, 'rows.native')));
  return (await Promise.all(files)).some((bytes) => bytes.includes(text));
}

async function metric(road: TestRoad, name: string): Promise<string[]> {
  const text = await road.metrics.registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(name));
}

const FINE = { rejected: 0, message: '' };

it('a call is kept as a span and a charge, any other span as a span alone', async () => {
  const road = await begin();
  const spans = [{ span: 1, attributes: chat(100) }, { span: 2 }];
  expect(await road.send(spans)).toMatchObject(FINE);
  expect(await kept(road)).toEqual({ spans: 2, entries: 1 });
});

it('the same bytes again are answered well and dropped, alone or among others, and over a restart', async () => {
  const road = await begin();
  const spans = [1, 2, 3].map((span) => ({ span, attributes: chat(100 + span) }));
  await road.send(spans);
  expect(await road.send(spans)).toMatchObject(FINE);
  await road.send([...spans, { span: 4, attributes: chat(9) }]);
  expect(await kept(road)).toEqual({ spans: 4, entries: 4 });
  await road.close();
  const next = await begin({ directory: road.directory });
  expect(await next.send(spans)).toMatchObject(FINE);
  expect(await kept(next)).toEqual({ spans: 4, entries: 4 });
});

it('other bytes under the same id are kept as a newer version and not charged again', async () => {
  const road = await begin();
  await road.send([{ span: 1, attributes: chat(100) }]);
  await road.send([{ span: 1, attributes: chat(200) }]);
  expect(await kept(road)).toEqual({ spans: 2, entries: 1 });
});

it('the same span id of another tenant, or of another trace, is another span', async () => {
  const road = await begin();
  await road.send([{ span: 1, attributes: chat(100) }]);
  await road.send([{ span: 1, attributes: chat(100) }], 'other');
  await road.send([{ span: 1, trace: 7, attributes: chat(100) }]);
  expect(await kept(road)).toEqual({ spans: 3, entries: 3 });
});

it('a refused span is told with its reason, and the good ones beside it are kept', async () => {
  const road = await begin();
  const answer = await road.send([
    { span: 1, attributes: chat(100) },
    { span: 2, fields: { startTimeUnixNano: '0' } },
    { span: 3, fields: { traceId: '00'.repeat(16) } },
    { span: 4, attributes: chat(100) },
  ]);
  expect(answer.rejected).toBe(2);
  expect(answer.message).toMatch(/^2 spans refused: .*start_time 0.*/);
  expect(await kept(road)).toEqual({ spans: 2, entries: 2 });
});

it.for([
  ['text that is no JSON', '{"resourceSpans": [{'],
  ['a good span before a broken one', `${Buffer.from(requestOf([{ span: 1 }]))}`.slice(0, -1)],
])('of %s nothing is kept', async ([, text]) => {
  const road = await begin();
  await expect(road.sendBytes(Buffer.from(text!))).rejects.toMatchObject({
    code: 'body_malformed',
  });
  await road.send([]);
  expect(await kept(road)).toEqual({ spans: 0, entries: 0 });
  expect(await road.send([{ span: 1, attributes: chat(100) }])).toMatchObject(FINE);
  expect(await kept(road)).toEqual({ spans: 1, entries: 1 });
});

it('a dialect that throws costs no span: it is stored with role unknown and the reason', async () => {
  const normaliser = new Normaliser(
    DIALECTS.map((definition) => ({
      ...definition,
      create: (...keys) => ({
        ...definition.create(...keys),
        name: 'broken',
        recognises: () => true,
        read: () => {
          throw new Error('a fault of the dialect');
        },
      }),
    })),
  );
  const road = await begin({ change: { normaliser } });
  expect(await road.send([{ span: 1, attributes: chat(100) }, { span: 2 }])).toMatchObject(FINE);
  expect((await kept(road)).spans).toBe(2);
  expect(await isStored(road, 'normalise_failed')).toBe(true);
  expect(await metric(road, 'aicost_calls_unpriced_total')).toEqual([
    expect.stringMatching(/reason="normalise_failed".* \d$/),
  ]);
});

it('a price book that throws costs no charge: it is kept unpriced with reason price_failed', async () => {
  const book = new Proxy({ version: 'broken' } as PriceBook, {
    get(whole, name) {
      if (name === 'version') {
        return whole.version;
      }
      throw new Error('a fault of the price book');
    },
  });
  const road = await begin({ change: { bookFor: () => book } });
  expect(await road.send([{ span: 1, attributes: chat(100) }])).toMatchObject(FINE);
  expect(await kept(road)).toEqual({ spans: 1, entries: 1 });
  expect(await isStored(road, 'price_failed')).toBe(true);
});

it('a span that cannot be made a row of is refused alone, leaves no half row, and its resend is kept', async () => {
  let isFailing = true;
  const redactor = new ContentRedactor({
    isContentStored: false,
    dialects: DIALECTS,
    secretOf: () => {
      if (isFailing) {
        throw new Error('no secret');
      }
      return Buffer.from('secret');
    },
  });
  const road = await begin({ change: { redactor } });
  const long = { span: 2, attributes: chat(100, { note: 'x'.repeat(300) }) };
  const spans = [{ span: 1, attributes: chat(100) }, long, { span: 3, attributes: chat(100) }];
  const answer = await road.send(spans);
  expect(answer).toEqual({
    rejected: 1,
    kept: 2,
    message: '1 span refused: 1 not kept by a fault of the collector',
  });
  expect(await kept(road)).toEqual({ spans: 2, entries: 2 });
  isFailing = false;
  expect(await road.send(spans)).toMatchObject(FINE);
  expect(await kept(road)).toEqual({ spans: 3, entries: 3 });
});

it.for([
  ['the last nanosecond of a day', '1787183999999999999', '2026-08-19'],
  ['midnight', '1787184000000000000', '2026-08-20'],
  ['just after midnight', '1787184000000000001', '2026-08-20'],
])('a span that starts at %s goes to the segment of its own UTC day', async ([, start, day]) => {
  const road = await begin();
  await road.send([{ span: 1, attributes: chat(1), fields: { startTimeUnixNano: start } }]);
  await road.close();
  expect((await road.journal.queue.next())?.day).toBe(day);
});

it('a closed journal refuses before anything is read', async () => {
  const road = await begin();
  await road.close();
  await expect(road.send([{ span: 1, startMs: NOW_MS }])).rejects.toMatchObject({
    code: 'journal_unavailable',
  });
});

it('spans of very many days are taken in parts: the sender is told to come back, and each is kept once', async () => {
  const road = await begin();
  const spans = Array.from({ length: 100 }, (_, span) => ({
    span,
    startMs: NOW_MS - span * 86_400_000,
    attributes: chat(100),
  }));
  // On a slow machine a turn might end, and a flush make room, just in time.
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  await expect(road.send(spans)).rejects.toMatchObject({ code: 'journal_unavailable' });
  expect(await road.send(spans)).toMatchObject(FINE);
  expect(await kept(road)).toEqual({ spans: 100, entries: 100 });
});
