/** A collector with two tenants that know nothing of each other, and keys in every state. */
import { eventually, type StartedCollector, startCollector } from '../start-collector.ts';

/** Stands in everything that globex sent, and in nothing that a test asks. */
export const MARK = 'zqglobexonly';
export const DAY = [
  ['from', '2026-08-20T00:00:00Z'],
  ['to', '2026-08-21T00:00:00Z'],
] as const;

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
  /** What globex has, by the parameter that would find it. */
  readonly secrets: Readonly<Record<string, string>>;
}

const START_NS = '1787227200000000000';

function spanOf(tenant: string, id: string, mark: string) {
  const attributes = Object.entries({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': tenant === 'globex' ? `gpt-${mark}` : 'gpt-4o',
    'gen_ai.conversation.id': `session-${mark}`,
    'user.id': `user-${mark}`,
    'aicost.feature': `feature-${mark}`,
    'gen_ai.agent.name': `agent-${mark}`,
    'gen_ai.tool.name': `tool-${mark}`,
    'gen_ai.prompt.name': `prompt-${mark}`,
    'aicost.tag.team': `team-${mark}`,
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.output_tokens': 500,
  }).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: value } : { stringValue: value },
  }));
  return {
    traceId: id.repeat(32),
    spanId: id.repeat(16),
    name: `chat ${mark}`,
    kind: 3,
    startTimeUnixNano: START_NS,
    endTimeUnixNano: String(BigInt(START_NS) + 1_000_000_000n),
    attributes,
  };
}

async function send(url: string, key: string, mark: string, span: object): Promise<void> {
  const attributes = ['service.name', 'deployment.environment.name'].map((name) => ({
    key: name,
    value: { stringValue: `${name.split('.')[0]}-${mark}` },
  }));
  const body = { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] };
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(`${url}/v1/traces`, init);
  if (response.status !== 200) throw new Error(await response.text());
}

/** Starts it, with one priced call of acme and one of globex stored. */
export async function startTwoTenants(): Promise<TwoTenants> {
  const collector = await startCollector(['--settle-after', '1h']);
  const admin = async (method: string, path: string, body?: object) => {
    const headers = { 'x-api-key': collector.key, 'content-type': 'application/json' };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${collector.url}/api/v1/admin${path}`, init);
    return (await response.json()) as { id: string; key: string };
  };
  const make = (tenant: string, scope: string, name: string) =>
    admin('POST', '/keys', { tenant, scopes: [scope], name });
  const acme = async (scope: string) => (await make('acme', scope, `acme-${scope}`)).key;
  const [expired, revoked] = [await make('acme', 'read', 'a'), await make('acme', 'read', 'b')];
  await admin('POST', `/keys/${expired.id}/rotate`, { overlap: '1ms' });
  await admin('DELETE', `/keys/${revoked.id}`);
  const globexKey = await make('globex', 'ingest', `name-${MARK}`);
  const keys = {
    none: undefined,
    garbage: 'aicost_none_0000000000000000000000000000000000000000',
    expired: expired.key,
    revoked: revoked.key,
    ingest: await acme('ingest'),
    read: await acme('read'),
    admin: await acme('admin'),
    operator: collector.key,
  };
  await admin('PUT', '/tenants/acme/limits/reads_per_second', { value: null });
  await admin('PUT', '/tenants/default/limits/reads_per_second', { value: null });
  await send(collector.url, keys.ingest, 'acme', spanOf('acme', 'a', 'acme'));
  await send(collector.url, globexKey.key, MARK, spanOf('globex', 'b', MARK));
  await eventually(
    () => collector.sql('SELECT uniqExact(tenant) FROM ledger'),
    (count) => count === '2',
  );
  const dimensions = ['feature', 'agent', 'prompt', 'user', 'session', 'tool', 'service'];
  return {
    collector,
    keys,
    secrets: {
      ...Object.fromEntries(dimensions.map((name) => [name, `${name}-${MARK}`])),
      model: `gpt-${MARK}`,
      environment: `deployment-${MARK}`,
      trace_id: 'b'.repeat(32),
      trace: 'b'.repeat(32),
      span_id: 'b'.repeat(16),
      id: globexKey.id,
      tenant: 'globex',
    },
  };
}
