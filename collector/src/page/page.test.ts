import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pageRoutes, readPage } from './page.ts';

let server: Server;
let origin: string;

beforeEach(async () => {
  const app = express();
  app.use(pageRoutes(readPage(), (_request, response) => void response.sendStatus(405)));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

describe('GET /', () => {
  test('is one page whose policy allows its own style and script and nothing else', async () => {
    const response = await fetch(origin);
    const html = await response.text();
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(response.headers.get('content-type')).toContain('text/html');
    for (const tag of ['style', 'script']) {
      const text = new RegExp(`<${tag}[^>]*>([^]*)</${tag}>`).exec(html)?.[1] ?? '';
      const sha256 = createHash('sha256').update(text).digest('base64');
      expect(policy).toContain(`${tag}-src 'sha256-${sha256}'`);
    }
    expect(policy).toContain("default-src 'none'");
  });

  test('loads nothing from elsewhere, and runs no markup that came as data', async () => {
    const html = await (await fetch(origin)).text();
    expect(html.match(/(?:src|href)="(?!data:|\/)[^"]*"/g)).toBeNull();
    expect(html).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
    expect(html).not.toMatch(/ on[a-z]+="| style="/);
  });

  test('every element the script looks for exists', async () => {
    const html = await (await fetch(origin)).text();
    const wanted = [...html.matchAll(/byId\('([a-z-]+)'\)/g)].map((match) => match[1]);
    expect(wanted.length).toBeGreaterThan(5);
    for (const id of wanted) expect(html).toContain(`id="${id}"`);
  });

  test('other methods are not answered with the page', async () => {
    expect((await fetch(origin, { method: 'POST' })).status).toBe(405);
  });
});
