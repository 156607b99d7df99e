/** What the doctor finds in a folder, and what it advises, fault by fault. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEnvironment } from '../environment.ts';
import { adviceFor } from './advice.ts';
import { examine } from './examine.ts';
import { findSdks } from './find-sdks.ts';
import { reportText } from './report-text.ts';

const NOWHERE = { OTEL_TRACES_EXPORTER: 'none' };
let project: string;
let inner: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'aicost-doctor-'));
  inner = join(project, 'packages/app');
  install(project, 'openai', '7.59.0');
  install(project, '@anthropic-ai/sdk', '9.0.0');
  install(inner, '@google/genai', '2.1.0');
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function install(folder: string, name: string, version: string): void {
  const place = join(folder, 'node_modules', name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version }));
}

describe('the SDKs of a folder', () => {
  test('are those that Node would load there, also from the folders around it', () => {
    const found = findSdks(inner, (name) => name !== 'openai');
    expect(found.map(({ sdk, version, state }) => [sdk, version, state])).toEqual([
      ['openai', '7.59.0', 'switched off'],
      ['@anthropic-ai/sdk', '9.0.0', 'not watched'],
      ['@google/genai', '2.1.0', 'instrumented'],
      ['@aws-sdk/client-bedrock-runtime', undefined, 'not installed'],
      ['@modelcontextprotocol/sdk', undefined, 'not installed'],
    ]);
  });
});

describe('a version is watched where the instrumentation hooks it', () => {
  test.for([
    ['openai', '4.10.0', 'not watched'],
    ['openai', '4.19.0', 'instrumented'],
    ['openai', '7.0.0-beta.1', 'instrumented'],
    ['openai', '8.0.0', 'not watched'],
    ['@anthropic-ai/sdk', '0.9.1', 'not watched'],
    ['@anthropic-ai/sdk', '0.20.0', 'instrumented'],
    ['@aws-sdk/client-bedrock-runtime', '3.421.9', 'not watched'],
    ['@aws-sdk/client-bedrock-runtime', '3.1164.0', 'instrumented'],
  ] as const)('%s %s is %s', ([name, version, state]) => {
    const folder = mkdtempSync(join(tmpdir(), 'aicost-doctor-'));
    install(folder, name, version);
    const found = findSdks(folder, () => true).find(({ sdk }) => sdk === name);
    rmSync(folder, { recursive: true });
    expect(found).toMatchObject({ version, state });
  });
});

describe('settings that send nothing', () => {
  test('are told with what to do', async () => {
    const report = await examine(inner, readEnvironment(NOWHERE));
    expect(report).toMatchObject({ isWell: false, sent: undefined });
    const text = reportText(report);
    expect(text).toContain('✗ OTEL_TRACES_EXPORTER is none: nothing is sent to a collector');
    expect(text).toContain('→ Unset it, or set it to otlp.');
    expect(text).toContain('✓ @google/genai 2.1.0: instrumented');
    expect(text).toContain(
      '! @anthropic-ai/sdk 9.0.0: watched are >=0.20.0 <2; calls of this one are missed',
    );
  });

  test('are told also where everything is switched off', async () => {
    const report = await examine(inner, readEnvironment({ OTEL_SDK_DISABLED: 'true' }));
    expect(report.settings).toMatchObject([
      { detail: expect.stringContaining('OTEL_SDK_DISABLED') },
    ]);
    expect(report.sent).toBeUndefined();
  });

  test('a folder without an SDK is said to be none of an application', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'aicost-doctor-'));
    const { settings } = await examine(empty, readEnvironment(NOWHERE));
    rmSync(empty, { recursive: true });
    expect(settings.at(-1)?.next).toContain('recordCall()');
  });
});

describe('advice', () => {
  const away = (code: string) => ({ kind: 'later', reason: code, code }) as const;
  const refused = (status: number) => ({ kind: 'done', refused: 1, reason: '', status }) as const;

  test.for([
    [away('ECONNREFUSED'), 'Start the collector there'],
    [away('ENOTFOUND'), 'no such host'],
    [away('ETIMEDOUT'), 'firewall'],
    [away('SELF_SIGNED_CERT_IN_CHAIN'), 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
    [away('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
    [away('EHOSTUNREACH'), 'can be reached from here'],
    [refused(401), 'OTEL_EXPORTER_OTLP_HEADERS=x-api-key='],
    [refused(403), 'scope ingest'],
    [refused(404), 'without /v1/traces'],
  ] as const)('%o: %s', ([outcome, advice]) => {
    expect(adviceFor(outcome, 'http://host')).toContain(advice);
  });

  test('is not given where all is well, or where the reason says it all', () => {
    expect(adviceFor({ kind: 'done', refused: 0, reason: '' }, 'http://host')).toBeUndefined();
    expect(adviceFor(refused(418), 'http://host')).toBeUndefined();
  });
});
