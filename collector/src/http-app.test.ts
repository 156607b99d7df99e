import type { IRoute, Router } from 'express';
import { expect, test } from 'vitest';
import { openApiDocument } from './api/openapi.ts';
import { createHttpApp, type HttpAppParts } from './http-app.ts';

interface Layer {
  readonly route?: IRoute & { readonly methods?: Readonly<Record<string, boolean>> };
  readonly handle: Partial<Pick<Router, 'stack'>>;
}

/** Every route of an app as `METHOD /path`, and `ANY /path` where it looks at the method itself. */
function routesIn(stack: readonly unknown[]): string[] {
  return (stack as readonly Layer[]).flatMap(({ route, handle }) => {
    if (route === undefined) return routesIn(handle.stack ?? []);
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const methods = Object.keys(route.methods ?? {}).filter((one) => one !== '_all');
    // `app.all` has every method there is.
    return (methods.includes('m-search') ? ['any'] : methods).map(
      (one) => `${one.toUpperCase()} ${path}`,
    );
  });
}

/** Routes are made without looking at the parts that will answer in them. */
const NO_PARTS = {
  config: { dataDir: '.', corsOrigins: [] },
  journal: {},
  storage: { store: {} },
  prices: { books: {}, operations: {} },
  limits: { tenants: {}, reads: {} },
  budgets: { budgets: {}, webhooks: {} },
  signalRoutes: Object.fromEntries(['traces', 'logs', 'metrics'].map((name) => [name, () => 0])),
};

const app = createHttpApp(NO_PARTS as unknown as HttpAppParts);
const routes = routesIn(app.router.stack);
const paths = openApiDocument('1')['paths'] as Record<string, Record<string, object>>;
const documented = Object.entries(paths).flatMap(([path, item]) =>
  Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
);

test('every route of the app is in the OpenAPI document', () => {
  const missing = routes.filter((route) =>
    route.startsWith('ANY ') ? !(route.slice(4) in paths) : !documented.includes(route),
  );
  expect(missing).toEqual([]);
  expect(routes).toContain('DELETE /api/v1/admin/keys/{id}');
});

test('every operation of the OpenAPI document is a route of the app', () => {
  const known = (one: string) =>
    routes.includes(one) || routes.includes(`ANY ${one.slice(one.indexOf(' ') + 1)}`);
  expect(documented.filter((one) => !known(one))).toEqual([]);
});

test('every operation has a name of its own, a sentence, and says what it answers', () => {
  const operations = Object.values(paths).flatMap((item) => Object.values(item)) as {
    operationId: string;
    summary: string;
    responses: Record<string, object>;
  }[];
  const names = operations.map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { operationId, summary, responses } of operations) {
    expect(`${operationId}: ${summary}`).toMatch(/^[a-z]\w+: [A-Z].+\.$/);
    const good = Object.keys(responses).filter((status) => /^2/.test(status));
    expect([operationId, good.length]).not.toEqual([operationId, 0]);
  }
});
