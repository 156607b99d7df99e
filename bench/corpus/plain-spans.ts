/**
 * Spans that are no LLM calls, as HTTP, database, cache and messaging instrumentations of the stable conventions
 * write them.
 */
import { type Chance, ranked } from './chance.ts';
import type { Attributes, Scope, Value } from './span.ts';
import { type About, KIND, type Story, type Within } from './story.ts';
import { SCOPES } from './world.ts';

type List = [string, Value][];

const BROWSERS = ranked(
  Array.from(
    { length: 60 },
    (_, n) =>
      `Mozilla/5.0 (${['Windows NT 10.0; Win64; x64', 'Macintosh; Intel Mac OS X 10_15_7', 'X11; Linux x86_64', 'iPhone; CPU iPhone OS 19_1 like Mac OS X'][n % 4]}) AppleWebKit/${n % 3 === 0 ? '605.1.15' : '537.36'} (KHTML, like Gecko) Chrome/${120 + (n % 23)}.0.${n % 7}.0 Safari/537.36`,
  ),
  1.2,
);

const HTTP_SCOPES: Readonly<Record<string, { server: Scope; client: Scope }>> = {
  node: { server: SCOPES.nodeHttp, client: SCOPES.nodeHttp },
  python: { server: SCOPES.fastapi, client: SCOPES.httpx },
  go: { server: SCOPES.otelhttp, client: SCOPES.otelhttp },
  java: { server: SCOPES.javaServlet, client: SCOPES.javaServlet },
};
const LANGUAGE: Readonly<Record<string, keyof typeof HTTP_SCOPES>> = {
  ...{ 'web-bff': 'node', 'code-assistant': 'node', checkout: 'go', catalog: 'go' },
  ...{ identity: 'go', orders: 'java', inventory: 'java' },
};

function scopesOf(service: string) {
  return HTTP_SCOPES[LANGUAGE[service] ?? 'python']!;
}

/** A path with its ids filled in: `/orders/{id}` → `/orders/81723`. */
function filled(chance: Chance, route: string): string {
  return route.replaceAll(/\{\w+\}/g, () => String(chance.wholeAround(60_000, 1.2)));
}

export interface Call {
  readonly service: string;
  readonly method: string;
  readonly route: string;
  readonly ownMs: number;
}

const STACK =
  'Traceback (most recent call last):\n  File "/app/acme/http/router.py", line 214, in dispatch\n    response = await endpoint(request)\n  File "/app/acme/api/views.py", line 88, in view\n    return await run_in_threadpool(func, **values)\n  File "/app/acme/db/session.py", line 41, in execute\n    raise OperationalError(statement, params, error)\n';

function exception(type: string, message: string): NonNullable<About['events']> {
  const attributes: Attributes = [
    ['exception.type', type],
    ['exception.message', message],
    ['exception.stacktrace', `${STACK}${type}: ${message}`],
  ];
  return [{ name: 'exception', attributes }];
}

/** A request as its server sees it. */
export function served(
  story: Story,
  { service, method, route, ownMs }: Call,
  { parent, atMs }: { parent: Uint8Array | undefined; atMs: number },
  within: Within,
): number {
  const { chance } = story;
  const isFailed = chance.happens(0.008);
  const attributes: List = [
    ['http.request.method', method],
    ['http.route', route],
    ['url.path', filled(chance, route)],
    ['url.scheme', parent === undefined ? 'https' : 'http'],
    ['server.address', parent === undefined ? 'www.acme.example' : `${service}.acme.svc`],
    ['server.port', parent === undefined ? 443 : 8080],
    ['http.response.status_code', isFailed ? 500 : 200],
    ['network.protocol.version', parent === undefined ? '2' : '1.1'],
    ['client.address', `10.1.${chance.whole(0, 40)}.${chance.whole(2, 254)}`],
  ];
  if (parent === undefined) {
    attributes.push(['user_agent.original', chance.ranked(BROWSERS)]);
    attributes.push(['http.request.header.x-request-id', { unique: chance.uuid() }]);
    attributes.push(['http.request.body.size', chance.wholeAround(900, 1)]);
  }
  if (isFailed) attributes.push(['error.type', '500']);
  const failed = isFailed
    ? { failure: '', events: exception('OperationalError', 'the connection was closed') }
    : {};
  const { server } = scopesOf(service);
  return story.span(
    {
      service,
      scope: server,
      name: `${method} ${route}`,
      kind: KIND.server,
      attributes,
      ...failed,
    },
    { parent, atMs, ownMs: chance.around(ownMs, 0.6) },
    within,
  );
}

/** A call of another service: the caller's span and the other's. */
export function called(
  story: Story,
  { from, ...call }: Call & { readonly from: string },
  at: Moment,
  within: Within = (_own, then) => then,
): number {
  const { chance } = story;
  const { service, method, route } = call;
  const attributes: Attributes = [
    ['http.request.method', method],
    ['url.full', `http://${service}.acme.svc:8080${filled(chance, route)}`],
    ['server.address', `${service}.acme.svc`],
    ['server.port', 8080],
    ['network.protocol.version', '1.1'],
    ['http.response.status_code', 200],
  ];
  const about = { service: from, scope: scopesOf(from).client, name: method, kind: KIND.client };
  return story.span(
    { ...about, attributes },
    { ...at, ownMs: chance.around(2, 0.5) },
    (own, then) => served(story, call, { parent: own, atMs: then }, within),
  );
}

const QUERIES = ranked(
  [
    ['SELECT', 'users', 'SELECT id, email, plan, locale FROM users WHERE id = $1'],
    ['SELECT', 'sessions', 'SELECT id, user_id, expires_at FROM sessions WHERE token_hash = $1'],
    [
      'SELECT',
      'products',
      'SELECT p.id, p.title, p.price_cents, p.currency, i.available, i.warehouse_id FROM products p JOIN inventory i ON i.product_id = p.id WHERE p.category_id = $1 AND p.is_listed AND i.available > 0 ORDER BY p.rank DESC, p.id LIMIT $2 OFFSET $3',
    ],
    [
      'SELECT',
      'orders',
      'SELECT * FROM orders WHERE user_id = $1 ORDER BY created_at DESC LIMIT 20',
    ],
    [
      'INSERT',
      'order_lines',
      'INSERT INTO order_lines (order_id, product_id, quantity) VALUES ($1, $2, $3)',
    ],
    [
      'UPDATE',
      'inventory',
      'UPDATE inventory SET available = available - $1 WHERE product_id = $2',
    ],
    [
      'SELECT',
      'messages',
      'SELECT role, body FROM messages WHERE conversation_id = $1 ORDER BY sequence',
    ],
    [
      'INSERT',
      'messages',
      'INSERT INTO messages (conversation_id, sequence, role, body) VALUES ($1, $2, $3, $4)',
    ],
    [
      'SELECT',
      'documents',
      'SELECT id, title, checksum FROM documents WHERE tenant_id = $1 AND checksum = $2',
    ],
    ['DELETE', 'carts', 'DELETE FROM carts WHERE id = $1'],
    ['SELECT', 'flags', 'SELECT key, value FROM feature_flags WHERE environment = $1'],
    ['UPDATE', 'users', 'UPDATE users SET last_seen_at = now() WHERE id = $1'],
  ] as const,
  0.9,
);

export interface Moment {
  readonly parent: Uint8Array;
  readonly atMs: number;
}

export function queried(story: Story, service: string, at: Moment): number {
  const { chance } = story;
  const [operation, table, text] = chance.ranked(QUERIES);
  const attributes: Attributes = [
    ['db.system.name', 'postgresql'],
    ['db.namespace', 'acme'],
    ['db.operation.name', operation],
    ['db.collection.name', table],
    ['db.query.text', text],
    ['db.response.returned_rows', chance.wholeAround(3, 1.2)],
    ['server.address', 'acme-db.cluster-ro.eu-west-1.rds.amazonaws.com'],
    ['server.port', 5432],
  ];
  const language = LANGUAGE[service] ?? 'python';
  const scope = { java: SCOPES.jdbc, go: SCOPES.pgx }[language as string] ?? SCOPES.psycopg;
  return story.span(
    { service, scope, name: `${operation} ${table}`, kind: KIND.client, attributes },
    { ...at, ownMs: chance.around(2.2, 0.9) },
  );
}

export function looked(story: Story, service: string, at: Moment): number {
  const { chance } = story;
  const command = chance.weighted([
    ['GET', 6],
    ['SET', 2],
    ['MGET', 1],
    ['EXPIRE', 1],
  ]);
  const key = `${chance.pick(['session', 'cart', 'rate', 'profile'])}:${chance.wholeAround(60_000, 1)}`;
  const attributes: Attributes = [
    ['db.system.name', 'redis'],
    ['db.operation.name', command],
    ['db.query.text', `${command} ${key}`],
    ['server.address', 'acme-cache.eu-west-1.cache.amazonaws.com'],
    ['server.port', 6379],
  ];
  const scope = LANGUAGE[service] === 'go' ? SCOPES.goRedis : SCOPES.redis;
  return story.span(
    { service, scope, name: command, kind: KIND.client, attributes },
    { ...at, ownMs: chance.around(0.4, 0.6) },
  );
}

export function published(story: Story, service: string, at: Moment): number {
  const { chance } = story;
  const topic = chance.pick(['orders.created', 'orders.paid', 'inventory.changed']);
  const attributes: Attributes = [
    ['messaging.system', 'kafka'],
    ['messaging.destination.name', topic],
    ['messaging.operation.name', 'send'],
    ['messaging.operation.type', 'send'],
    ['messaging.destination.partition.id', String(chance.whole(0, 23))],
    ['messaging.kafka.offset', chance.whole(10_000_000, 90_000_000)],
    ['messaging.client.id', `${service}-producer-1`],
  ];
  return story.span(
    { service, scope: SCOPES.kafka, name: `send ${topic}`, kind: KIND.producer, attributes },
    { ...at, ownMs: chance.around(1.5, 0.7) },
  );
}

/** A step of the application itself. */
export function step(
  story: Story,
  {
    service,
    name,
    ownMs = 1,
    more = [],
  }: { service: string; name: string; ownMs?: number; more?: Attributes },
  at: { parent: Uint8Array | undefined; atMs: number },
  within?: Within,
): number {
  const attributes: Attributes = [
    ['code.function.name', `acme.${service.replaceAll('-', '_')}.${name}`],
    ...more,
  ];
  return story.span(
    { service, scope: SCOPES.app, name, kind: KIND.internal, attributes },
    { ...at, ownMs: story.chance.around(ownMs, 0.6) },
    within,
  );
}

/** From the front end, signed in, to a service. */
export function fromFrontEnd(
  story: Story,
  call: { service: string; route: string; method?: string },
  work: (own: Uint8Array, atMs: number) => number,
): void {
  const { service, route, method = 'POST' } = call;
  const front = { service: 'web-bff', method, route: `/api${route}`, ownMs: 6 };
  served(story, front, { parent: undefined, atMs: 0 }, (root, atMs) => {
    const known = looked(story, 'web-bff', { parent: root, atMs });
    const other = { service, method, route, ownMs: 8 };
    return called(story, { ...other, from: 'web-bff' }, { parent: root, atMs: known }, work);
  });
}
