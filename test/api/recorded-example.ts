/** An answer as docs/api.md shows it: what is another each time (clock, ids, keys) stands there as an example of it. */

export interface RecordedExample {
  readonly method: string;
  readonly address: string;
  readonly body?: unknown;
  readonly status: number;
  readonly type: string;
  /** JSON, the lines of NDJSON, or text; null where it is another each time. */
  readonly answer: unknown;
}

export type RecordedExamples = Readonly<Record<string, RecordedExample>>;

/** Told by the clock, the machine or the book of the day. */
const VARYING: Readonly<Record<string, unknown>> = {
  request_id: '3f0c1d52-7b1e-4c57-9a5e-2f6d8a1b4c90',
  id: 'k3y1d0000000',
  key: 'aicost_k3y1d0000000_…',
  actor: 'key:k3y1d0000000',
  created_by: 'key:k3y1d0000000',
  set_by: 'key:k3y1d0000000',
  state_set_by: 'key:k3y1d0000000',
  erasure_id: 'a112323b-3267-4f7d-a5af-0af7cbce6112',
  changed_by: 'key:k3y1d0000000',
  budget_id: 'bud_2fe342da6ef88677d47939bb',
  revision: '1829433600000000000',
  secret: 'whsec_c2hvd24gdGhpcyBvbmNlLCBhbmQgbmV2ZXIgYWdhaW4=',
  age_days: 12,
  book_version: '2026.08.20-5f1c',
  version: '0.1.0',
  day: '2026-08-20',
  bytes: 812,
  detail_ms: 1,
  entry_id: '7186238c-7d0b-4ffa-8a5f-0525a58591a6',
  writer_id: '26768b67207857ec',
};
const TIME = /\b(?!2026-08-2[01])\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const SHOWN_TIME = '2026-08-20T12:00:00Z';

/** The value without what varies. */
function steady(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => steady(one));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, steady(one, key)]));
  }
  if (value !== null && name in VARYING) return VARYING[name];
  if (typeof value !== 'string') return value;
  // Details are for people, and tell sizes and ages.
  const plain = name === 'detail' ? value.replaceAll(/\d+(\.\d+)?/g, '1') : value;
  return plain.replaceAll(TIME, SHOWN_TIME);
}

/** What an answer of that media type holds. */
export function readAnswer(type: string, text: string): unknown {
  if (/^application\/(problem\+)?json/.test(type)) return steady(JSON.parse(text));
  if (type.startsWith('application/x-ndjson')) {
    return text
      .trim()
      .split('\n')
      .map((line) => steady(JSON.parse(line)));
  }
  return null;
}
