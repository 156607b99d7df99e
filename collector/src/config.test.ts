import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadConfig, nearestName } from './config.ts';
import type { OptionSpec } from './option-spec.ts';
import { bytesSchema, durationSchema } from './option-values.ts';
import { OPTIONS } from './options.ts';

const load = (flags: Record<string, string> = {}, environment: Record<string, string> = {}) =>
  loadConfig(new Map(Object.entries(flags)), environment);

describe('options', () => {
  test('have the defaults of the design', () => {
    expect(load().config).toMatchObject({
      dataDir: '.aicost',
      http: { host: '127.0.0.1', port: 4318 },
      grpc: { host: '127.0.0.1', port: 4317 },
      sql: { host: '127.0.0.1', port: 8123 },
      clickhouseUrl: null,
      database: 'aicost',
      settle: true,
      settleAfterMs: 120_000,
      content: false,
      spans: 'all',
      dedupeSpans: null,
      memoryMax: 512_000_000,
      retentionSpansMs: null,
      journalBytesMax: 10_000_000_000,
      requestBytesMax: 67_108_864,
      logLevel: 'info',
    });
    expect(load().warnings).toEqual([]);
  });

  test('given as a flag win over the variable, and the variable over the default', () => {
    const environment = { AICOST_HTTP: '0.0.0.0:1', AICOST_DATABASE: 'costs' };
    const { config, sources } = load({ http: '[::1]:2' }, environment);
    expect(config).toMatchObject({ http: { host: '::1', port: 2 }, database: 'costs' });
    expect(sources).toMatchObject({ http: 'flag', database: 'env', sql: 'default' });
  });

  test('an empty variable counts as unset', () => {
    expect(load({}, { AICOST_HTTP: '' }).sources.http).toBe('default');
  });

  test.for([
    ['http', '4318'],
    ['http', ':4318'],
    ['http', 'http://127.0.0.1:4318'],
    ['http', '127.0.0.1:65536'],
    ['http', 'off'],
    ['sql', 'on'],
    ['settle', 'yes'],
    ['settle-after', '120'],
    ['settle-after', '-1s'],
    ['retention-spans', '0d'],
    ['retention-content', '23h'],
    ['retention-ledger', '90'],
    ['spans', 'some'],
    ['dedupe-spans', '0'],
    ['dedupe-spans', '1.5'],
    ['journal-bytes-max', '10 lots'],
    ['journal-bytes-max', '0.3B'],
    ['database', 'a b'],
    ['clickhouse-url', 'localhost:8123'],
    ['log-level', 'INFO'],
    ['data-dir', ' '],
  ] as const)(
    '--%s %j is refused: the error names option, value and what was expected',
    ([flag, value]) => {
      const spec = Object.values<OptionSpec<unknown>>(OPTIONS).find((one) => one.flag === flag);
      const expected = `is ${JSON.stringify(value)}; expected ${spec?.expected}.`;
      expect(() => load({ [flag]: value })).toThrow(`--${flag} ${expected}`);
      expect(() => load({}, { [spec?.env ?? '']: value })).toThrow(`${spec?.env} ${expected}`);
    },
  );

  test.for([
    [{ 'tls-cert': 'c.pem' }, /--tls-cert is given without --tls-key/],
    [{ 'tls-key': 'k.pem' }, /--tls-key is given without --tls-cert/],
    [{ 'clickhouse-cluster': 'c' }, /--clickhouse-cluster is given without --clickhouse-url/],
    [
      { 'clickhouse-password-file': 'p' },
      /--clickhouse-password-file is given without --clickhouse-url/,
    ],
  ] as const)('%j lack their companion', ([flags, message]) => {
    expect(() => load(flags)).toThrow(message);
  });

  test('keep entries no shorter than the spans they are checked against', () => {
    expect(() => load({ 'retention-ledger': '90d' })).toThrow(
      '--retention-ledger is 90d and --retention-spans unset; expected spans that expire',
    );
    const shorter = { 'retention-ledger': '30d', 'retention-spans': '90d' };
    expect(() => load(shorter)).toThrow('--retention-ledger is 30d and --retention-spans 90d;');
    const { config } = load({ 'retention-ledger': '90d', 'retention-spans': '12w' });
    expect(config).toMatchObject({ retentionSpansMs: 7_257_600_000 });
  });

  test('of retention do nothing where nothing is settled, and say so', () => {
    const warning =
      '--retention-* is set with --settle off: nothing expires here, but in the collector that settles.';
    expect(load({ 'retention-spans': '90d', settle: 'off' }).warnings).toEqual([warning]);
    expect(load({ 'retention-spans': '90d' }).warnings).toEqual([]);
  });

  test('never repeat a password that stands in an address', () => {
    const url = 'ftp://user:hunter2@db:8123';
    expect(() => load({ 'clickhouse-url': url })).toThrow(/^(?!.*hunter2).*\/\/…@db/);
  });

  test('warns that a cluster was never tried', () => {
    const onCluster = { 'clickhouse-url': 'http://h:8123', 'clickhouse-cluster': 'prod' };
    expect(load(onCluster).warnings).toEqual([expect.stringContaining('docs/scaling.md')]);
  });

  test('that nothing acts on yet say so once when they are set', () => {
    expect(load({ spans: 'llm' }).warnings).toEqual([
      '--spans is accepted, but nothing acts on it yet.',
    ]);
  });

  test('an unknown variable is a warning that names the nearest', () => {
    expect(load({}, { AICOST_DATADIR: 'x', OTHER: 'y' }).warnings).toEqual([
      'AICOST_DATADIR is not a variable of this program; did you mean AICOST_DATA_DIR?',
    ]);
  });

  test('read their own defaults', () => {
    for (const { byDefault, schema } of Object.values<OptionSpec<unknown>>(OPTIONS)) {
      if (byDefault !== null) expect(schema.safeParse(byDefault).success).toBe(true);
    }
  });
});

test('a name is near only when it can have been meant', () => {
  expect(nearestName('dta-dir', ['data-dir', 'database'])).toBe('data-dir');
  expect(nearestName('zzzzzz', ['data-dir', 'database'])).toBeUndefined();
});

test('sizes and durations are exact', () => {
  const units = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
  for (const [unit, size] of Object.entries(units)) {
    fc.assert(
      fc.property(fc.nat(1_000_000), (n) => {
        expect(bytesSchema.parse(`${n}${unit}`)).toBe(n * size);
        expect(bytesSchema.parse(`${n} ${unit.toLowerCase()}`)).toBe(n * size);
      }),
    );
  }
  expect(bytesSchema.parse('1.5GB')).toBe(1_500_000_000);
  expect(bytesSchema.parse('10_000')).toBe(10_000);
  expect(durationSchema.parse('1.5h')).toBe(5_400_000);
  expect(durationSchema.parse('0s')).toBe(0);
  expect(bytesSchema.safeParse('99999TB').success).toBe(false);
});
