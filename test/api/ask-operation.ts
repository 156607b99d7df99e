/** Asks operations of a collector, and judges an answer as such: whoever asked, and whatever for. */
import { PROBLEMS } from '@ai-cost-profiler/collector/problems.ts';
import { expect } from 'vitest';
import { addressOf, type Operation } from './operations.ts';
import type { TwoTenants, Who } from './two-tenants.ts';

const STREAM_MS = 1_500;
const EXPORT_PAUSE_MS = 20;

export interface Asked {
  /** One of the keys, or another one. */
  readonly as: Who | { readonly key: string };
  readonly values?: readonly (readonly [string, string])[];
  readonly body?: unknown;
}

export interface Got {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly headers: Headers;
}

export type Ask = (operation: Operation, asked: Asked) => Promise<Got>;

/** Of a world that is there once something is asked. */
export function createAsk(worldOf: () => TwoTenants): Ask {
  const askOnce = async (operation: Operation, { as, values = [], body }: Asked): Promise<Got> => {
    const { collector, keys } = worldOf();
    const key = typeof as === 'string' ? keys[as] : as.key;
    const response = await fetch(collector.url + addressOf(operation, values), {
      method: operation.method,
      headers: {
        ...(key === undefined ? {} : { 'x-api-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const type = response.headers.get('content-type') ?? '';
    const text = await readText(response, type);
    return { status: response.status, type, text, headers: response.headers };
  };
  // A tenant has one export at a time: another one comes again, as it is told to.
  return async (operation, asked) => {
    for (;;) {
      const got = await askOnce(operation, asked);
      if (got.status !== 503 || !operation.path.startsWith('/api/v1/export/')) return got;
      await new Promise((resolve) => setTimeout(resolve, EXPORT_PAUSE_MS));
    }
  };
}

/** A live stream never ends: what comes in a moment is looked at. */
async function readText(response: Response, type: string): Promise<string> {
  if (!type.startsWith('text/event-stream')) return response.text();
  let text = '';
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const timer = setTimeout(() => reader.cancel(), STREAM_MS);
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  clearTimeout(timer);
  return text;
}

/** What is wrong with an answer as such, in words; nothing where it is a good one or a declared problem. */
function faultOf({ path, responses }: Operation, got: Got): string | undefined {
  if (got.status >= 500) return `answers ${got.status}: ${got.text}`;
  if (got.headers.get('x-injected') !== null) return 'took a header from a parameter';
  if (/^{"problem":{.*"code":"internal"/m.test(got.text)) return `ended in ${got.text}`;
  if (got.status < 400) return undefined;
  if (path.startsWith('/v1/')) return undefined;
  if (!got.type.startsWith('application/problem+json')) return `answers ${got.type}`;
  const { code, status } = JSON.parse(got.text) as { code: string; status: number };
  if (!(code in PROBLEMS) || status !== got.status) return `has no such problem: ${got.text}`;
  const declared = responses[String(status)]?.description.includes(`\`${code}\``) === true;
  return declared ? undefined : `does not declare ${status} ${code}`;
}

/** The answer; fails the test where it is none that the operation may give. */
export function createAskWell(ask: Ask): Ask {
  return async (operation, asked) => {
    const got = await ask(operation, asked);
    const fault = faultOf(operation, got);
    const told = `${operation.method} ${addressOf(operation, asked.values ?? [])} ${JSON.stringify(asked.body)}`;
    expect(fault === undefined ? '' : `${told} ${fault}`.slice(0, 2000)).toBe('');
    return got;
  };
}

/** An answer without what differs by nature: its request id, the asked value, and the clock. */
export function bare({ status, text }: Got, value: string): string {
  const plain = text
    .replaceAll(value, '<value>')
    .replaceAll(/"request_id":"[^"]*"/g, '"request_id":"<id>"')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    // Settle passes meanwhile, over all tenants alike.
    .replaceAll(/"settled_through":(null|"<time>")/g, '"settled_through":"<mark>"');
  return `${status} ${plain}`;
}

/** Two at a time. */
export async function forEach<T>(
  list: readonly T[],
  work: (one: T) => Promise<unknown>,
): Promise<void> {
  const waiting = [...list];
  const worker = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
  };
  await Promise.all([worker(), worker()]);
}

export const isReading = ({ method }: Operation): boolean => method === 'GET';

/** The weakest key that may ask, as the document says. */
export function weakestKey({ summary }: Operation): 'read' | 'admin' | 'operator' {
  const [, scope] = /Scope (admin|operator)\./.exec(summary) ?? [];
  return scope === 'admin' || scope === 'operator' ? scope : 'read';
}
