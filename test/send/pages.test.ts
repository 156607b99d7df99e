/** The pages of docs/send, held to the code: addresses, headers, variables, payloads, and that none is missing. */
import { existsSync, readdirSync } from 'node:fs';
import { presentedKey } from '@ai-cost-profiler/collector/authenticate/credentials.ts';
import { OPTIONS } from '@ai-cost-profiler/collector/options.ts';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Signal } from '../otlp/conformance-case.ts';
import { faultsOf } from './collector-settings.ts';
import { sendersOf } from './configured-senders.ts';
import { deliveriesOf, payloadsOf } from './delivery.ts';
import { readShell, type Variables } from './environment-sender.ts';
import { settingsVariables } from './file-senders.ts';
import { KNOWN_VARIABLES } from './known-variables.ts';
import { knownPackages, namedPackages } from './packages.ts';
import { isRecorded } from './payload-origin.ts';
import { listSendPages, OVERVIEW, ROOT, readText, type SendPage } from './send-page.ts';
import { withKey } from './sender.ts';

const PAGES = listSendPages();
const SECTIONS = ['## Configure', '## What you will see', '## What it does not tell'];
const GRPC_PORT = OPTIONS.grpc.byDefault.split(':')[1];
const DIALECTS = 'collector/src/normalise/fixtures';

const everyPage = PAGES.map((page) => [page.name, page] as const);

const blocksOf = ({ blocks }: SendPage, language: string): string[] =>
  blocks.filter((block) => block.language === language).map(({ text }) => text);

test('the overview leads to every page, and the README to the overview', () => {
  for (const { name } of PAGES) expect(readText(OVERVIEW)).toContain(`(${name}.md)`);
  expect(readText('README.md').includes(`(${OVERVIEW})`)).toBe(true);
});

test.for(everyPage)('%s says how, what is seen and what is not told, in this order', ([, page]) => {
  const headings = page.text.split('\n').filter((line) => line.startsWith('## '));
  expect(headings.filter((line) => SECTIONS.includes(line))).toEqual(SECTIONS);
});

test.for(everyPage)('%s has payloads, and each is sent by a configuration of it', ([, page]) => {
  const payloads = payloadsOf(page);
  expect(payloads).not.toEqual([]);
  expect(payloads.filter((path) => !existsSync(ROOT + path))).toEqual([]);
  expect(new Set(deliveriesOf([page]).map(({ payload }) => payload))).toEqual(new Set(payloads));
});

test.for(everyPage)('%s sends to where a collector listens by its presets', ([, page]) => {
  for (const { transport, urls } of sendersOf(page)) {
    const listens = transport === 'grpc' ? OPTIONS.grpc.byDefault : OPTIONS.http.byDefault;
    for (const [signal, url] of Object.entries(urls) as [Signal, string][]) {
      const path = transport === 'grpc' ? '' : `/v1/${signal}`;
      expect(url).toBe(`http://${listens}${path}`);
    }
  }
});

test.for(everyPage)('%s names gRPC where it sends to its port, and only there', ([, page]) => {
  const ports = blocksOf(page, 'sh').map((text) => [
    text.includes(`:${GRPC_PORT}`),
    /PROTOCOL=grpc/.test(text),
  ]);
  for (const [isPort, isProtocol] of ports) expect(isProtocol).toBe(isPort);
});

test.for(everyPage)('%s presents the key as the collector looks for it', ([, page]) => {
  const senders = sendersOf(page);
  expect(senders).not.toEqual([]);
  for (const { headers } of senders) {
    const given = Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      withKey(value, 'aicost_a_b'),
    ]);
    expect(presentedKey(Object.fromEntries(given))).toBe('aicost_a_b');
  }
});

test.for(everyPage)(
  '%s names only variables that are documented, with values they take',
  ([, p]) => {
    const set: Variables[] = [
      ...blocksOf(p, 'sh').map(readShell),
      ...blocksOf(p, 'json').map(settingsVariables),
    ];
    for (const [name, value] of set.flatMap((one) => Object.entries(one))) {
      const { values } = KNOWN_VARIABLES[name] ?? { values: [] };
      expect(values ?? [value], `${name}=${value}`).toContain(value);
    }
    const named = [...p.text.matchAll(/(?<![\w.])[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+(?!\w)/g)];
    const unknown = named.map(([name]) => name).filter((name) => !(name in KNOWN_VARIABLES));
    expect(unknown).toEqual(['YOUR_KEY'].filter((mark) => unknown.includes(mark)));
  },
);

test('every variable in the table is on a page', () => {
  const pages = [OVERVIEW, ...PAGES.map(({ path }) => path)].map(readText).join('\n');
  expect(Object.keys(KNOWN_VARIABLES).filter((name) => !pages.includes(name))).toEqual([]);
});

test.for(everyPage)('%s names only packages that we recorded or looked up', ([, page]) => {
  const known = knownPackages();
  expect(namedPackages(page).filter((name) => !known.has(name))).toEqual([]);
});

test.for(everyPage)(
  '%s calls a payload constructed exactly where it was not recorded',
  ([, page]) => {
    const lines = page.text.split('\n').filter((line) => line.startsWith('| ['));
    const said = lines.map((line) => !line.split('|')[1]!.includes('constructed'));
    expect(said).toEqual(payloadsOf(page).map(isRecorded));
  },
);

test.for(everyPage)('%s has YAML that parses', ([, page]) => {
  for (const text of blocksOf(page, 'yaml')) expect(parse(text)).toBeTypeOf('object');
});

test('the configurations of the OpenTelemetry Collector name components and settings it has', () => {
  const page = PAGES.find(({ name }) => name === 'otel-collector')!;
  const configurations = blocksOf(page, 'yaml');
  expect(configurations).toHaveLength(3);
  for (const text of configurations) expect(faultsOf(text)).toEqual([]);
  const broken = configurations[0]!
    .replace('queue_size', 'queue_length')
    .replace('exporters: [otlp_http/aicost]', 'exporters: [otlp_http/other]');
  expect(faultsOf(broken)).toEqual([
    expect.stringContaining('otlp_http/aicost has no setting sending_queue.queue_length'),
    'no exporters: otlp_http/other',
  ]);
});

test('batches of the Collector are smaller than the largest request', () => {
  const page = PAGES.find(({ name }) => name === 'otel-collector')!;
  const [, bytes] = /sizer: bytes\n.*\n +max_size: (\d+)/.exec(page.text) ?? [];
  const largest = Number(OPTIONS.requestBytesMax.schema.parse(OPTIONS.requestBytesMax.byDefault));
  expect(Number(bytes)).toBeLessThanOrEqual(largest / 2);
});

test('every dialect has a payload on a page', () => {
  const shown = PAGES.flatMap(payloadsOf).join('\n');
  const isShown = (dialect: string) =>
    ['/', '-'].some((end) => shown.includes(`/${dialect}${end}`));
  const missing = readdirSync(ROOT + DIALECTS).filter((dialect) => !isShown(dialect));
  expect(missing).toEqual([]);
});
