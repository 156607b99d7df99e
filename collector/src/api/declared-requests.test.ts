import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Listener } from '../bind.ts';
import { createLog } from '../log.ts';
import { requestIds } from '../request-id.ts';
import { listenForTest } from '../test-listen.ts';
import { declaredRequests } from './declared-requests.ts';
import { answerErrors } from './errors.ts';
import { openApiDocument } from './openapi.ts';

let listener: Listener;

beforeAll(async () => {
  const app = express().set('query parser', 'simple');
  app.use(requestIds(() => 'id'));
  app.use((request, response, next) => {
    // As the fence leaves it behind for a key that is right.
    if (request.headers['x-api-key'] !== undefined) response.locals['takeQueryPlace'] = () => {};
    next();
  });
  app.use(declaredRequests(openApiDocument('0')));
  app.use((_request, response) => void response.json({ reached: true }));
  app.use(answerErrors(createLog('silent', process.stderr), () => undefined));
  listener = await listenForTest(app);
});
afterAll(() => listener.close(AbortSignal.abort()));

async function ask(
  asked: string,
  body?: string,
  key: Record<string, string> = { 'x-api-key': 'k' },
) {
  const [method = '', path = ''] = asked.split(' ');
  const url = `http://127.0.0.1:${listener.address.port}${path}`;
  const response = await fetch(url, {
    method,
    headers: key,
    ...(body === undefined ? {} : { body }),
  });
  return (await response.json()) as { reached?: true; code?: string; detail?: string };
}

describe('an operation is not reached', () => {
  test.for([
    ['POST /api/v1/admin/retention?dry_run=true', '{}', 'dry_run is "true": expected no parameter'],
    ['POST /api/v1/admin/Retention/?dry_run=true', '{}', 'dry_run is "true"'],
    ['GET /api/v1/admin/keys?tenant=acme', undefined, 'tenant is "acme"'],
    ['HEAD /api/v1/admin/keys?tenant=acme', undefined, undefined],
    ['DELETE /api/v1/admin/keys/k1?dry_run', undefined, 'dry_run is ""'],
    [
      'DELETE /api/v1/admin/prices/overrides/t1?att=now',
      undefined,
      'expected one of at; did you mean "at"?',
    ],
    ['GET /api/v1/prices?model=a&when=now', undefined, 'expected one of model, provider, at'],
    ['GET /api/v1/status?tenant=globex', undefined, 'tenant is "globex"'],
    ['PUT /api/v1/budgets/b?dry_run=1', '{}', 'dry_run is "1"'],
    ['GET /api/v1/costs/breakdown?modle=x', undefined, 'did you mean "model"?'],
    ['GET /api/v1/costs/breakdown?tag.=x', undefined, 'tag.<key>'],
    ['GET /api/v1/costs/breakdown?tags=x', undefined, 'tags is "x"'],
    ['POST /api/v1/admin/settle', '{}', 'the body is "2 bytes": expected none'],
    ['POST /api/v1/admin/verify', '{"dry_run":true}', 'the body is "16 bytes"'],
    ['DELETE /api/v1/webhooks/w', '{}', 'the body is "2 bytes"'],
  ] as const)('by %s %s', async ([asked, body, detail]) => {
    if (detail === undefined) {
      const url = `http://127.0.0.1:${listener.address.port}${asked.split(' ')[1]}`;
      const { status } = await fetch(url, { method: 'HEAD', headers: { 'x-api-key': 'k' } });
      expect(status).toBe(400);
      return;
    }
    const answer = await ask(asked, body);
    expect(answer).toMatchObject({ code: 'parameter_invalid' });
    expect(answer.detail).toContain(detail);
  });

  test('by a body that does not tell its length', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{}'));
        controller.close();
      },
    });
    const url = `http://127.0.0.1:${listener.address.port}/api/v1/admin/settle`;
    const init = { method: 'POST', headers: { 'x-api-key': 'k' }, body, duplex: 'half' } as const;
    expect(await (await fetch(url, init)).json()).toMatchObject({
      detail: 'the body is "chunked": expected none: nothing of it is read',
    });
  });
});

describe('an operation is reached', () => {
  test.for([
    ['POST /api/v1/admin/retention', '{"dry_run":true}'],
    ['POST /api/v1/admin/settle', undefined],
    ['POST /api/v1/admin/settle', ''],
    [
      'GET /api/v1/costs/breakdown?from=x&model=a&model=b&tag.team=search&tag.__proto__=1',
      undefined,
    ],
    ['DELETE /api/v1/admin/prices/overrides/t1?at=now', undefined],
    // A method that the route refuses itself.
    ['OPTIONS /api/v1/admin/keys?x=1', undefined],
    ['PATCH /api/v1/admin/keys?x=1', '{}'],
    // Nothing of the API: what is there tells.
    ['GET /api/v1/nothing?x=1', undefined],
    ['GET /healthz?x=1', undefined],
  ] as const)('by %s %s', async ([asked, body]) => {
    expect(await ask(asked, body)).toEqual({ reached: true });
  });

  test('by who has no right key, whom its route tells so and nothing else', async () => {
    expect(await ask('POST /api/v1/admin/settle?x=1', '{}', {})).toEqual({ reached: true });
  });
});
