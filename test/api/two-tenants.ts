/** A collector with two tenants that know nothing of each other, and keys in every state. */
import { type StartedCollector, startCollector, stored } from '../start-collector.ts';
import { callOf, sendSpans } from './marked-calls.ts';

/** Stands in everything that globex sent, and in nothing that a test asks. */
export const MARK = 'zqglobexonly';
export const DAY = [
  ['from', '2026-08-20T00:00:00Z'],
  ['to', '2026-08-21T00:00:00Z'],
] as const;
/** In the middle of it, as OTLP tells it. */
export const NOON_NS = 1_787_227_200_000_000_000n;
const MINUTE_NS = 60_000_000_000n;

export type Who =
  | 'none'
  | 'garbage'
  | 'expired'
  | 'revoked'
  | 'ingest'
  | 'read'
  | 'admin'
  | 'operator';

export interface TwoTenants {
  readonly collector: StartedCollector;
  /** Keys of acme; `operator` is of tenant default. */
  readonly keys: Readonly<Record<Who, string | undefined>>;
  /** Keys of globex, and the ids of a key and of price terms of it. */
  readonly globex: Readonly<Record<'ingest' | 'read' | 'admin' | 'keyId' | 'termsId', string>>;
  /** The trace that globex has on the day. */
  readonly trace: string;
}

/** What globex pays for the model that only it has. */
const TERMS = {
  type: 'rates',
  ...{ provider: 'openai', model: `gpt-${MARK}` },
  rates: { in_uncached: '3/M', out_text: '7/M' },
  note: `note-${MARK}`,
};

/** Asks as JSON. Rejects unless it is answered with success. */
export async function askJson<T>(
  url: string,
  asked: { readonly key: string; readonly method?: string; readonly body?: object },
): Promise<T> {
  const { key, method = 'GET', body } = asked;
  const response = await fetch(url, {
    method,
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

/** Starts it, with one priced call of acme and two of globex stored, whose prompts are alike. */
export async function startTwoTenants(): Promise<TwoTenants> {
  const collector = await startCollector(['--settle-after', '1h']);
  const admin = (method: string, path: string, body?: object) =>
    askJson<{ id: string; key: string }>(`${collector.url}/api/v1/admin${path}`, {
      ...{ key: collector.key, method },
      ...(body === undefined ? {} : { body }),
    });
  const make = (tenant: string, scope: string, name = `${tenant}-${scope}`) =>
    admin('POST', '/keys', { tenant, scopes: [scope], name });
  const keyOf = async (tenant: string, scope: string) => (await make(tenant, scope)).key;
  const [expired, revoked] = [await make('acme', 'read', 'a'), await make('acme', 'read', 'b')];
  await admin('POST', `/keys/${expired.id}/rotate`, { overlap: '1ms' });
  await admin('DELETE', `/keys/${revoked.id}`);
  const globexKey = await make('globex', 'ingest', `name-${MARK}`);
  const keys = {
    none: undefined,
    garbage: 'aicost_none_0000000000000000000000000000000000000000',
    expired: expired.key,
    revoked: revoked.key,
    ingest: await keyOf('acme', 'ingest'),
    read: await keyOf('acme', 'read'),
    admin: await keyOf('acme', 'admin'),
    operator: collector.key,
  };
  for (const tenant of ['acme', 'default', 'globex']) {
    await admin('PUT', `/tenants/${tenant}/limits/reads_per_second`, { value: null });
  }
  const globex = {
    ingest: globexKey.key,
    read: await keyOf('globex', 'read'),
    admin: await keyOf('globex', 'admin'),
    keyId: globexKey.id,
  };
  const terms = await askJson<{ id: string }>(`${collector.url}/api/v1/admin/prices/overrides`, {
    ...{ key: globex.admin, method: 'POST', body: { terms: TERMS } },
  });
  const trace = 'b'.repeat(32);
  const ofGlobex = [
    callOf(MARK, { model: `gpt-${MARK}`, atNs: NOON_NS, trace }),
    // Without a price.
    callOf(MARK, { model: `new-${MARK}`, atNs: NOON_NS + MINUTE_NS, trace: 'c'.repeat(32) }),
  ];
  await sendSpans(collector.url, keys.ingest, 'acme', [
    callOf('acme', { model: 'gpt-4o', atNs: NOON_NS, trace: 'a'.repeat(32) }),
  ]);
  await sendSpans(collector.url, globexKey.key, MARK, ofGlobex);
  await stored(collector);
  return { collector, keys, globex: { ...globex, termsId: terms.id }, trace };
}
