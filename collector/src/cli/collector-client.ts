// How a subcommand asks a running collector: finds its address and a key, sends, and turns problems into sentences.
// Invariant: the key goes into one header and nowhere else.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readCollectorFile } from '../collector-file.ts';
import type { Config } from '../config.ts';
import { parseKey } from '../key-format.ts';
import { CommandError } from './command.ts';

export type ClientConfig = Pick<Config, 'dataDir' | 'url' | 'key' | 'keyFile'>;

export interface CollectorClient {
  readonly url: string;
  /** @throws CommandError with the problem's detail, or saying that nothing answers */
  ask(method: string, path: string, body?: unknown): Promise<unknown>;
}

const ANSWER_TIMEOUT_MS = 60_000;

/** Finds the collector and a key, without asking anything yet. */
export async function openCollectorClient(config: ClientConfig): Promise<CollectorClient> {
  const url = await findUrl(config);
  const key = await findKey(config);
  return { url, ask: (method, path, body) => ask({ url, key }, method, path, body) };
}

async function findUrl(config: ClientConfig): Promise<string> {
  if (config.url !== null) return config.url.replace(/\/+$/, '');
  const file = await readCollectorFile(config.dataDir);
  if (file !== undefined) return file.http;
  throw new CommandError(
    `No collector runs on the data directory ${resolve(config.dataDir)}. Start one with aicost start, or name one with --data-dir or --url.`,
  );
}

/** AICOST_KEY, then --key-file, then admin.key of the data directory. */
export async function findKey(config: ClientConfig): Promise<string> {
  if (config.key !== null) return checkKey(config.key, 'AICOST_KEY');
  const path = config.keyFile ?? join(config.dataDir, 'admin.key');
  try {
    return checkKey(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      `There is no key: ${path} cannot be read. Give one in AICOST_KEY, or in a file named by --key-file.`,
      { cause: error },
    );
  }
}

function checkKey(text: string, origin: string): string {
  const key = text.trim();
  if (parseKey(key) !== undefined) return key;
  throw new CommandError(`${origin} holds no key; expected aicost_<id>_<secret>.`);
}

async function ask(
  to: { url: string; key: string },
  method: string,
  path: string,
  body: unknown,
): Promise<unknown> {
  const response = await send(to, path, {
    method,
    headers: { 'x-api-key': to.key, accept: 'application/json' },
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = parseAnswer(text);
  if (response.ok && answer !== undefined) return answer;
  throw new CommandError(
    `${to.url} answered ${response.status}: ${detailOf(answer) ?? 'nothing readable'}`,
  );
}

async function send(to: { url: string }, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${to.url}${path}`, init);
  } catch (error) {
    throw new CommandError(
      `No collector answers at ${to.url}. Start one with aicost start, or name another with --url.`,
      { cause: error },
    );
  }
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Something that is no collector may answer anything; the status is told either way.
    return undefined;
  }
}

function detailOf(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('detail' in answer)) return undefined;
  const id = 'request_id' in answer ? ` (request ${String(answer.request_id)})` : '';
  return `${String(answer.detail)}${id}`;
}
