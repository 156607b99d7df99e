// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a shell's variable, and the Collector's, not ours.
/** Configurations are read as the exporters read them. */
import { expect, test } from 'vitest';
import { environmentSender, readHeaders, readShell } from './environment-sender.ts';
import { codexSenders, collectorSenders, readToml, springSenders } from './file-senders.ts';
import { seenOf, withSeen } from './seen.ts';
import { seenLines } from './send-page.ts';
import { withKey } from './sender.ts';

const BASE = 'http://127.0.0.1:4318';

test.for([
  ['SDKs send all signals, each to its path', {}, ['traces', 'logs', 'metrics'], '/v1/traces'],
  ['a signal may be off', { OTEL_LOGS_EXPORTER: 'none' }, ['traces', 'metrics'], '/v1/traces'],
  ['Claude Code sends nothing unasked', { CLAUDE_CODE_ENABLE_TELEMETRY: '1' }, [], undefined],
  [
    'Claude Code sends no spans without the beta',
    {
      CLAUDE_CODE_ENABLE_TELEMETRY: '1',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: 'otlp',
    },
    ['logs'],
    undefined,
  ],
] as const)('%s', ([, variables, signals, path]) => {
  const sender = environmentSender('variables', {
    OTEL_EXPORTER_OTLP_ENDPOINT: BASE,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    ...variables,
  });
  expect(Object.keys(sender!.urls)).toEqual(signals);
  expect(sender!.urls.traces).toBe(path === undefined ? undefined : BASE + path);
});

test('without an address there is no sender, and without a protocol no guess', () => {
  expect(environmentSender('variables', { OTEL_SERVICE_NAME: 'a' })).toBeUndefined();
  const unclear = { OTEL_EXPORTER_OTLP_ENDPOINT: BASE };
  expect(() => environmentSender('variables', unclear)).toThrow('the protocol is "undefined"');
  const openLlmetry = environmentSender('variables', { TRACELOOP_BASE_URL: `${BASE}/` });
  expect(openLlmetry).toMatchObject({ transport: 'http/protobuf', coding: 'none' });
  expect(openLlmetry!.urls).toEqual({ traces: `${BASE}/v1/traces`, metrics: `${BASE}/v1/metrics` });
});

test('a shell is read without comments and quotes, headers are percent-decoded', () => {
  expect(readShell('export A_B=c\nexport D=\'e f\'\nexport G=h     # i\necho "no"\n')).toEqual({
    A_B: 'c',
    D: 'e f',
    G: 'h',
  });
  expect(readHeaders('Authorization=Bearer%20a=b, x-y = z')).toEqual({
    Authorization: 'Bearer a=b',
    'x-y': 'z',
  });
  expect(() => readHeaders('nothing')).toThrow('"nothing" is no name=value');
});

test("Codex's TOML gives a sender of log events alone; what is not understood is an error", () => {
  const [sender] = codexSenders(
    `[otel.exporter.otlp-http]\nendpoint = "${BASE}/v1/logs"\nprotocol = "json"\n[otel.exporter."otlp-http".headers]\n"x-api-key" = "YOUR_KEY"\n`,
  );
  expect(sender).toMatchObject({ transport: 'http/json', urls: { logs: `${BASE}/v1/logs` } });
  expect(sender!.headers).toEqual({ 'x-api-key': 'YOUR_KEY' });
  expect(() => readToml('[a]\nb = c d')).toThrow();
  expect(() => readToml('what')).toThrow('"what" is no table and no key');
});

test('exporters of the Collector to others are no senders to us', () => {
  const text = `exporters:\n  otlp_http/aicost:\n    endpoint: ${BASE}\n    headers: { x-api-key: a }\n  otlp_http/traces:\n    endpoint: http://tempo\n`;
  expect(collectorSenders(text)).toMatchObject([{ from: 'otlp_http/aicost', coding: 'gzip' }]);
  expect(collectorSenders('litellm_settings: {}')).toEqual([]);
});

test('Spring Boot sends spans, to the address as it stands', () => {
  const p = 'management.otlp.tracing';
  const text = `${p}.endpoint=${BASE}/v1/traces\n${p}.headers.x-api-key=\${AICOST_KEY}\n${p}.compression=none\n`;
  const [sender] = springSenders(text);
  expect(sender!.urls).toEqual({ traces: `${BASE}/v1/traces` });
  expect(withKey(sender!.headers['x-api-key']!, 'k')).toBe('k');
});

test.for([
  ['x=$AICOST_KEY', 'x=k'],
  ['${AICOST_KEY}', 'k'],
  ['${env:AICOST_KEY}', 'k'],
  ['Bearer YOUR_KEY', 'Bearer k'],
] as const)('the key takes the place of its mark in %s', ([value, expected]) => {
  expect(withKey(value, 'k')).toBe(expected);
  expect(() => withKey('secret', 'k')).toThrow('"secret" has none of');
});

const ROW = {
  tenant: 't',
  model: 'm',
  calls: 2,
  unpriced_calls: 0,
  sampled_calls: 0,
  cost_usd: '1',
  cost_low_usd: '1',
  cost_high_usd: '1',
  estimated_usd: null,
};

test.for([
  ['a cost', {}, { calls: '2', cost: '$1' }],
  ['one within bounds', { cost_high_usd: '2' }, { cost: '$1; between $1 and $2' }],
  [
    'sampled calls',
    { sampled_calls: 1, estimated_usd: '4' },
    { cost: '$1; estimated before sampling $4' },
  ],
  ['some without', { unpriced_calls: 1 }, { cost: '$1; 1 unknown: `a`, `b`' }],
  ['all without', { cost_usd: null, unpriced_calls: 2 }, { cost: 'unknown: `a`, `b`' }],
  ['no model', { model: null }, { model: 'not told' }],
  ['what bills nothing', { calls: 0, cost_usd: '0' }, { model: 'none', calls: '0' }],
] as const)('%s reads as in the tables', ([, told, expected]) => {
  const reasons = ['b', 'a', 'a'].map((reason) => ({ model: 'm', reason }));
  expect(seenOf([{ ...ROW, ...told }], reasons)).toMatchObject([expected]);
});

test('a table is read as it was written', () => {
  const page = [
    '| Payload | Signal | Model | Calls | Cost |',
    '|---|---|---|---|---|',
    '| [a](../../test/a.json) | logs | `x` | 1 | $1 |',
    '| | logs | `y` | 1 | $2 |',
    '| [b](../../test/b.json), constructed | traces | ? | ? | ? |',
    '',
    'more',
  ].join('\n');
  const seen = [{ model: '`z`', calls: '3', cost: '$9' }];
  const written = withSeen(page, 'test/a.json', seen);
  expect(seenLines(written)).toEqual([
    { payload: 'test/a.json', signal: 'logs', ...seen[0] },
    { payload: 'test/b.json', signal: 'traces', model: '?', calls: '?', cost: '?' },
  ]);
  expect(written).toMatch(/\n\nmore$/);
});
