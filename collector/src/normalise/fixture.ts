/**
 * Golden fixtures: `<case>.otlp.json` is an OTLP/JSON request as an emitter sends it, `<case>.call.json` says where
 * it is from and which calls it is. `AICOST_UPDATE_GOLDENS=1` writes the second anew; the difference is for a person
 * to read.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeTracesJson } from '../decode/decode-json.ts';
import type { Call } from './call.ts';
import { DIALECTS } from './dialects.ts';
import { Normaliser } from './normalise.ts';

/** Where a fixture is from. `recorded`: the emitter was run. `constructed`: written from a source. Never mixed up. */
export type FixtureOrigin =
  | { kind: 'recorded'; emitter: string; version: string }
  | { kind: 'constructed'; source: string };

export interface GoldenCalls {
  origin: FixtureOrigin;
  /** One for each span of the request; null: not an LLM call. BigInts are decimal strings. */
  calls: unknown[];
}

export interface Fixture {
  dialect: string;
  name: string;
  requestPath: string;
  callsPath: string;
  origin: FixtureOrigin;
  request: Buffer;
}

const FIXTURES = join(import.meta.dirname, 'fixtures');

/** Every fixture there is, in a folder for each dialect. */
export function listFixtures(): Fixture[] {
  return readdirSync(FIXTURES).flatMap((dialect) =>
    readdirSync(join(FIXTURES, dialect))
      .filter((file) => file.endsWith('.otlp.json'))
      .map((file) => {
        const name = file.slice(0, -'.otlp.json'.length);
        const requestPath = join(FIXTURES, dialect, file);
        const callsPath = join(FIXTURES, dialect, `${name}.call.json`);
        const { origin } = JSON.parse(readFileSync(callsPath, 'utf8')) as GoldenCalls;
        return {
          dialect,
          name,
          requestPath,
          callsPath,
          origin,
          request: readFileSync(requestPath),
        };
      }),
  );
}

/** Normalises every span of an OTLP/JSON request, as the collector does. */
export function normaliseRequest(request: Uint8Array): (Call | undefined)[] {
  const normaliser = new Normaliser(DIALECTS);
  const calls: (Call | undefined)[] = [];
  const outcome = decodeTracesJson(request, {
    span: (view) => void calls.push(normaliser.normalise(view)),
  });
  if (!outcome.ok) {
    throw outcome.error;
  }
  return calls;
}

/** A call as JSON: BigInts as decimal strings, what is absent left out. */
export function callJson(call: Call | undefined): unknown {
  return JSON.parse(
    JSON.stringify(call ?? null, (_key, value) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
  );
}
