// `GET /`: one self-contained page that says where to send, whether anything arrives, what was spent and what is
// unpriced. It holds no data itself: the browser asks the API with the reader's own key.
// Invariant: the policy names the digest of the one style and the one script, so nothing else can run.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RequestHandler, Router } from 'express';

/** The page and the policy that allows exactly it. */
export interface Page {
  readonly html: string;
  readonly policy: string;
}

function digest(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** Reads the page's three files, which stand beside this one, and joins them. */
export function readPage(directory: string = import.meta.dirname): Page {
  const read = (file: string) => readFileSync(join(directory, file), 'utf8');
  const [style, script] = [read('page.css'), read('page.js')];
  const html = read('page.html')
    .replace('/*STYLE*/', () => style)
    .replace('/*SCRIPT*/', () => script);
  const policy = [
    "default-src 'none'",
    `style-src ${digest(style)}`,
    `script-src ${digest(script)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html, policy };
}

/** @param onlyGet answers other methods; the API's `onlyMethods('GET', 'HEAD')` */
export function pageRoutes(page: Page, onlyGet: RequestHandler): Router {
  const router = Router();
  router
    .route('/')
    .get((_request, response) => {
      response
        .set({
          'content-security-policy': page.policy,
          'cache-control': 'no-cache',
          'referrer-policy': 'no-referrer',
        })
        .type('html')
        .send(page.html);
    })
    .all(onlyGet);
  return router;
}
