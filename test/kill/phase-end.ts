/**
 * The end of a phase, with nothing on its way any more: the real commands settle, reprice and verify, then every row
 * against what the test knows, and settle and reprice once more, which must find nothing to do.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createStore, type Store } from '@ai-cost-profiler/clickhouse/store.ts';
import type { PriceBook } from '@ai-cost-profiler/collector/price/price-book.ts';
import { runAicost } from './aicost-command.ts';
import type { CollectorHost } from './collector-host.ts';
import type { LedgerAsker, Work } from './ledger-asker.ts';
import type { PriceSwitch } from './price-switch.ts';
import { PRICE_VARIANTS, type PriceVariant } from './price-variants.ts';
import type { Random } from './random.ts';
import type { SentSpans } from './sent-spans.ts';
import { type VerifySummary, verify } from './verify.ts';

export interface PhaseEndParts {
  readonly dataDir: string;
  readonly host: CollectorHost;
  /** Tenants and their keys. */
  readonly keys: ReadonlyMap<string, string>;
  readonly book: SentSpans;
  readonly prices: PriceBook;
  readonly asker: LedgerAsker;
  readonly priceSwitch: PriceSwitch;
  readonly random: Random;
  /** The range of reprice. */
  readonly from: string;
  readonly to: string;
}

export interface PhaseResult {
  readonly summary: VerifySummary;
  /** Empty when all is well. */
  readonly failures: readonly string[];
}

const SWITCH_TRIES_MAX = 40;

export async function endPhase(parts: PhaseEndParts): Promise<PhaseResult> {
  const failures: string[] = [];
  const variants = await fixPrices(parts);
  const { dataDir, host, keys, book, prices, from, to } = parts;
  for (const command of [['settle'], ['reprice', '--from', from, '--to', to], ['verify']]) {
    failures.push(...(await expectCommand(command, dataDir)));
  }
  for (const work of ['settle', 'reprice'] as const) {
    failures.push(...(await expectNothing(parts.asker, work)));
  }
  const store = await openStore(parts);
  try {
    const variantOf = (tenant: string) => variants.get(tenant) ?? 'none';
    const now = { book: prices, variantOf };
    const checked = await verify({ store, dataDir, url: host.url, keys, book, prices: now });
    return { summary: checked.summary, failures: [...failures, ...checked.differences] };
  } finally {
    await store.close();
  }
}

/** A person's way to see that all is well, on the same data: exits 0. Returns what was wrong. */
export async function expectCommand(args: readonly string[], dataDir: string): Promise<string[]> {
  const { code, output } = await runAicost(args, dataDir);
  return code === 0
    ? []
    : [`aicost ${args.join(' ')} ended with ${code}:\n${output.slice(-2_000)}`];
}

/** Work that was done already appends nothing the second time. */
async function expectNothing(asker: LedgerAsker, work: Work): Promise<string[]> {
  const last = await asker.ask(work);
  return last?.entries === 0 && (last.changed ?? 0) === 0
    ? []
    : [`a second ${work} should have found nothing to do: ${JSON.stringify(last)}`];
}

/** From now on each tenant has the terms that are returned. */
async function fixPrices(parts: PhaseEndParts): Promise<Map<string, PriceVariant>> {
  const variants = new Map<string, PriceVariant>();
  for (const tenant of parts.keys.keys()) {
    const variant = parts.random.pick(PRICE_VARIANTS);
    for (let tries = 1; !(await parts.priceSwitch.set(tenant, variant)); tries++) {
      if (tries === SWITCH_TRIES_MAX) {
        throw new Error(
          `the terms ${variant} of ${tenant} cannot be set: ${parts.priceSwitch.lastFault}`,
        );
      }
      await sleep(250);
    }
    variants.set(tenant, variant);
  }
  return variants;
}

async function openStore({ host, dataDir }: PhaseEndParts): Promise<Store> {
  const { serverUrl } = host;
  if (serverUrl !== undefined) {
    return createStore({ kind: 'server', url: serverUrl, database: 'aicost' });
  }
  const text = await readFile(join(dataDir, 'engine', 'engine.address'), 'utf8');
  const { socketPath } = JSON.parse(text) as { socketPath: string };
  return createStore({ kind: 'embedded', socketPath, database: 'aicost' });
}
