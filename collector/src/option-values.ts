// How the text of an option becomes a value: sizes, durations, addresses, switches.
// Invariant: a parser either gives an exact value or refuses; nothing is rounded, clamped or guessed.
import { z } from 'zod';

/** Where a listener binds. Port 0 asks the system for a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const DURATION_UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const COUNT_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Multiplies a decimal text by a whole unit; undefined unless the product is an exact, safe integer. */
function scaleExactly(digits: string, unit: number): number | undefined {
  const [whole = '0', fraction = ''] = digits.replaceAll('_', '').split('.');
  const divisor = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * BigInt(unit);
  if (scaled % divisor !== 0n) return undefined;
  const value = scaled / divisor;
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

const QUANTITY = /^(\d[\d_]*(?:\.\d+)?)\s*([a-z]*)$/i;

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = QUANTITY.exec(text.trim());
  const unit = units[(match?.[2] ?? '?').toLowerCase()];
  if (match?.[1] === undefined || unit === undefined) return undefined;
  return scaleExactly(match[1], unit);
}

/** Builds a schema from a function that answers undefined for what it cannot read. */
function textSchema<T>(parse: (text: string) => T | undefined) {
  return z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: 'unreadable' });
    return z.NEVER;
  });
}

/** `10GB` (decimal), `64MiB` (binary), or a bare count of bytes → bytes. */
export const bytesSchema = textSchema((text) => parseQuantity(text, { '': 1, ...SIZE_UNITS }));

/** `500ms`, `120s`, `5m`, `24h`, `30d`, `4w` → milliseconds; the unit is never optional, 0 is `0s`. */
export const durationSchema = textSchema((text) => parseQuantity(text, DURATION_UNITS_MS));

/** A duration that is longer than nothing. */
export const positiveDurationSchema = textSchema((text) => {
  const value = parseQuantity(text, DURATION_UNITS_MS);
  return value !== undefined && value > 0 ? value : undefined;
});

const DAY_MS = 86_400_000;

/** A duration of at least a day: what expires, expires by UTC days. */
export const retentionSchema = textSchema((text) => {
  const value = parseQuantity(text, DURATION_UNITS_MS);
  return value !== undefined && value >= DAY_MS ? value : undefined;
});

/** `10000000`, `10_000_000`, `10M`, `500k` → a whole number of at least 1. */
export const countSchema = textSchema((text) => {
  const value = parseQuantity(text, COUNT_UNITS);
  return value !== undefined && value >= 1 ? value : undefined;
});

function parseAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+)):(\d{1,5})$/i.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || !(port <= 65_535) ? undefined : { host, port };
}

/** `host:port`, IPv6 in brackets. A bare `:port` is refused: it would open every interface unasked. */
export const addressSchema = textSchema(parseAddress);

/** `host:port`, or `off`, which is null. */
export const addressOrOffSchema = textSchema((text): ListenAddress | null | undefined =>
  text.trim() === 'off' ? null : parseAddress(text),
);

/** `on` or `off`. */
export const switchSchema = textSchema((text) =>
  text === 'on' ? true : text === 'off' ? false : undefined,
);

/** `0`, `0.01`, `1` → a share from 0 to 1. */
export const shareSchema = textSchema((text) =>
  /^(0(\.\d+)?|1(\.0+)?)$/.test(text) ? Number(text) : undefined,
);

function parseHeaders(text: string): Record<string, string> | undefined {
  const pairs = text.split(',').map((pair) => /^\s*([\w-]+)=([ -~]*)$/.exec(pair));
  if (pairs.some((pair) => pair === null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair![1]!.toLowerCase(), pair![2]!.trim()]));
}

/** `name=value,name=value` → headers by name. */
export const headersSchema = textSchema(parseHeaders);

function parseOrigins(text: string): string[] | undefined {
  const origins = text.split(',').map((one) => one.trim());
  const isOrigin = (one: string) =>
    one === '*' || (/^https?:/.test(one) && URL.canParse(one) && new URL(one).origin === one);
  return origins.every(isOrigin) ? origins : undefined;
}

/** `https://app.example.com,http://localhost:3000`, or `*` → origins as browsers write them. */
export const originsSchema = textSchema(parseOrigins);

/** One of a few words. */
export function oneOfSchema<const T extends string>(words: readonly T[]) {
  return textSchema((text) => words.find((word) => word === text));
}

/** A path, or any other text that is not empty. */
export const textValueSchema = textSchema((text) => (text.trim() === '' ? undefined : text));

/** A ClickHouse database name: it is written into SQL as an identifier. */
export const databaseSchema = textSchema((text) =>
  /^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(text) ? text : undefined,
);

/** An http or https address, as given. */
export const urlSchema = textSchema((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? text : undefined;
});
