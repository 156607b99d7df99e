/**
 * Gives globex one of everything that a tenant can have, its mark in every name: what another tenant must not find.
 * The collector is started again, for it looks at budgets when it starts and then once a minute.
 */
import { eventually, stored } from '../start-collector.ts';
import { callOf, sendSpans } from './marked-calls.ts';
import { askJson, DAY, MARK, type TwoTenants } from './two-tenants.ts';

/** A limit that stands nowhere else. */
export const LIMIT_MARK = 987_654_321;

export interface FurnishedTenants extends TwoTenants {
  /** What globex has that a parameter of this path would find; undefined: nothing of that kind. */
  secretOf(path: string, parameter: string): string | undefined;
}

/** Needs globex's calls stored. The collector of `world` has ended when it resolves. */
export async function furnishGlobex(world: TwoTenants): Promise<FurnishedTenants> {
  const { globex } = world;
  const make = (path: string, body: object) =>
    askJson<{ id: string }>(`${world.collector.url}/api/v1${path}`, {
      ...{ key: globex.admin, method: 'POST', body },
    });
  const budget = await make('/budgets', {
    name: `budget-${MARK}`,
    amount_usd: '0.000001',
    filters: { feature: [`feature-${MARK}`] },
    each: 'user',
    window: { kind: 'rolling', days: 1 },
    basis: 'all',
  });
  const webhook = await make('/webhooks', {
    name: `webhook-${MARK}`,
    url: `https://${MARK}.invalid/hook`,
  });
  await askJson(`${world.collector.url}/api/v1/admin/tenants/globex/limits/spans_per_second`, {
    key: world.collector.key,
    method: 'PUT',
    body: { value: LIMIT_MARK },
  });
  await callOfNow(world);
  const collector = await world.collector.restart();
  const alerts = () =>
    askJson<{ rows: object[] }>(`${collector.url}/api/v1/alerts`, { key: globex.read });
  const { rows } = await eventually(alerts, (answer) => answer.rows.length > 0);
  if (rows.length === 0) throw new Error(`no alert came of ${JSON.stringify(budget)}`);
  const values = { ...valuesOf(world.trace), budget_id: budget.id };
  const ofPath: readonly (readonly [path: string, parameter: string, secret: string])[] = [
    ['/api/v1/budgets', 'id', budget.id],
    ['/api/v1/webhooks', 'id', webhook.id],
    ['/api/v1/admin/prices', 'id', globex.termsId],
    ['/api/v1/admin/keys', 'id', globex.keyId],
    ...(await tokensOf({ ...world, collector })),
  ];
  return {
    ...{ ...world, collector },
    secretOf: (path, parameter) =>
      ofPath.find(([begin, name]) => path.startsWith(begin) && name === parameter)?.[2] ??
      (parameter in values ? values[parameter as keyof typeof values] : undefined),
  };
}

/** A budget that rolls looks at today. */
async function callOfNow({ collector, globex }: TwoTenants): Promise<void> {
  const model = `gpt-${MARK}`;
  const call = callOf(MARK, {
    model,
    atNs: BigInt(Date.now()) * 1_000_000n,
    trace: 'f'.repeat(32),
  });
  await sendSpans(collector.url, globex.ingest, MARK, [call]);
  await stored(collector);
}

/** Where the answers of globex go on: of a list of one trace of its day, and of exports. */
async function tokensOf({ collector, globex }: TwoTenants) {
  const day = DAY.map((pair) => pair.join('=')).join('&');
  const headers = { 'x-api-key': globex.read };
  const traces = `${collector.url}/api/v1/traces?${day}&limit=1`;
  const { next_cursor: cursor } = await askJson<{ next_cursor: string }>(traces, {
    key: globex.read,
  });
  const tokens: [string, string, string][] = [['/api/v1/traces', 'cursor', cursor]];
  // One after the other: a tenant has one export at a time.
  for (const table of ['spans', 'ledger', 'focus']) {
    const path = `/api/v1/export/${table}`;
    const response = await fetch(`${collector.url}${path}?${day}`, { headers });
    await response.text();
    tokens.push([path, 'resume', response.headers.get('x-export-resume') ?? '']);
  }
  return tokens;
}

function valuesOf(trace: string): Readonly<Record<string, string>> {
  const dimensions = ['feature', 'agent', 'prompt', 'user', 'session', 'tool', 'service'];
  return {
    ...Object.fromEntries(dimensions.map((name) => [name, `${name}-${MARK}`])),
    model: `gpt-${MARK}`,
    environment: `deployment-${MARK}`,
    'tag.team': `team-${MARK}`,
    trace_id: trace,
    trace,
    span_id: trace.slice(0, 16),
    tenant: 'globex',
  };
}
