/**
 * The senders: each sends batch after batch and resends until it is told 200. They record what was acknowledged,
 * and now and then do what real pipelines do: send an acknowledged batch again, re-batched, twice at once, or give up.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { deliver, type Kept, type SenderWorld } from './deliver.ts';
import { closeConnections, type Encoding, encodeRequest } from './post-signal.ts';
import type { Random } from './random.ts';
import { SceneSender } from './scene-sender.ts';
import { type Batch, Traffic } from './traffic.ts';

const KEPT_MAX = 200;
/** 52,000 calls are 104,000 rows: more than a segment takes. */
const BURST_CALLS = 52_000;
/** 15 kB each: two requests make some 75 MB of rows. */
const BURST_BULKY = 2_500;
const EXPORT_MS_MAX = 8_000;

export class Senders {
  private readonly world: SenderWorld;
  private readonly random: Random;
  private readonly tenants: readonly string[];
  private readonly kept: Kept[] = [];
  private keptCount = 0;

  constructor(world: SenderWorld, random: Random) {
    this.world = world;
    this.random = random.fork(99);
    this.tenants = [...world.keys.keys()];
  }

  /** Resolves when all have ended their last batch. */
  async run(random: Random): Promise<void> {
    await Promise.all([
      this.raw('json', random.fork(1), { encoding: 'json', isGzipped: false }),
      this.raw('json-gzip', random.fork(2), { encoding: 'json', isGzipped: true }),
      this.raw('protobuf', random.fork(3), { encoding: 'protobuf', isGzipped: false }),
      this.raw('protobuf-gzip', random.fork(4), { encoding: 'protobuf', isGzipped: true }),
      this.exporter('otel-exporter', random.fork(5)),
      this.exporter('otel-exporter-2', random.fork(6)),
      this.resender(random.fork(7)),
      this.burster(random.fork(8)),
      this.scenes('scenes', random.fork(9)),
      this.scenes('scenes-2', random.fork(10)),
    ]);
    closeConnections();
  }

  private async raw(
    name: string,
    random: Random,
    { encoding, isGzipped }: { encoding: Encoding; isGzipped: boolean },
  ): Promise<void> {
    const traffic = new Traffic(name, random.fork(10), this.world.book);
    while (!this.world.isStopping()) {
      const tenant = random.pick(this.tenants);
      const batch = this.nextBatch(traffic, tenant, random);
      const deliveries = [this.deliver(batch, encoding, { isGzipped, random })];
      if (random.chance(0.1)) {
        // The other tenant sends what is, to the bit, the same.
        const other = this.tenants.find((each) => each !== tenant) ?? tenant;
        deliveries.push(
          this.deliver(traffic.copyFor(other, batch), encoding, { isGzipped, random }),
        );
      }
      if (random.chance(0.1)) {
        // Twice at once: the second must not be told 200 before the first is on the disk.
        this.world.counts.duplicates++;
        deliveries.push(this.deliver(batch, encoding, { isGzipped, random }));
      }
      await Promise.all(deliveries);
      await sleep(random.between(400, 1_500));
    }
  }

  private nextBatch(traffic: Traffic, tenant: string, random: Random): Batch {
    this.world.counts.batches++;
    const spans = random.chance(0.04) ? random.between(100, 400) : random.between(1, 40);
    return traffic.batch(tenant, { spans, days: this.world.days() });
  }

  /** Sends the same bytes until they are acknowledged. Some give up after their first failure. */
  private async deliver(
    batch: Batch,
    encoding: Encoding,
    { isGzipped, random }: { isGzipped: boolean; random: Random },
  ): Promise<void> {
    const { tenant, sent, spans } = batch;
    const raw = encodeRequest(spans, encoding, isGzipped);
    if (await deliver(this.world, { tenant, sent, raw }, { random, givesUp: true })) {
      this.keep({ batch, encoding });
    }
  }

  /** The real exporter with its own retries; what it reports as failed is exported again. */
  private async exporter(name: string, random: Random): Promise<void> {
    const traffic = new Traffic(name, random.fork(10), this.world.book);
    const exporters = new Map<string, OTLPTraceExporter>();
    while (!this.world.isStopping()) {
      const tenant = random.pick(this.tenants);
      const batch = this.nextBatch(traffic, tenant, random);
      while (!(await this.exportOnce(exporters, batch))) {
        this.world.counts.resends++;
        await sleep(random.between(50, 300));
      }
      this.world.book.acknowledge(batch.sent);
      this.keep({ batch, encoding: 'protobuf' });
      await sleep(random.between(400, 1_500));
    }
    await Promise.all([...exporters.values()].map((exporter) => exporter.shutdown()));
  }

  private exportOnce(exporters: Map<string, OTLPTraceExporter>, batch: Batch): Promise<boolean> {
    const url = `${this.world.url()}/v1/traces`;
    const id = `${batch.tenant} ${url}`;
    let exporter = exporters.get(id);
    if (exporter === undefined) {
      exporter = new OTLPTraceExporter({
        url,
        headers: { 'x-api-key': this.world.keys.get(batch.tenant) ?? '' },
        timeoutMillis: EXPORT_MS_MAX,
      });
      exporters.set(id, exporter);
    }
    return new Promise((resolve) => {
      exporter.export([...batch.spans], (result) => resolve(result.code === 0));
    });
  }

  /** Acknowledged spans come again, in the same batches and in others. */
  private async resender(random: Random): Promise<void> {
    while (!this.world.isStopping()) {
      const first = this.kept.length === 0 ? undefined : random.pick(this.kept);
      if (first !== undefined) {
        const { tenant } = first.batch;
        const isRebatched = random.chance(0.5);
        const others = isRebatched
          ? this.kept.filter((k) => k.encoding === first.encoding && k.batch.tenant === tenant)
          : [];
        const picked = [first, ...random.shuffle(others).slice(0, 3)];
        const pairs = picked.flatMap(({ batch }) =>
          batch.sent.map((sent, i) => ({ sent, span: batch.spans[i]! })),
        );
        const mixed = isRebatched ? random.shuffle(pairs).slice(0, 300) : pairs;
        this.world.counts[isRebatched ? 'rebatched' : 'duplicates']++;
        await this.deliver(
          { tenant, sent: mixed.map(({ sent }) => sent), spans: mixed.map(({ span }) => span) },
          first.encoding,
          { isGzipped: random.chance(0.5), random },
        );
      }
      await sleep(random.between(200, 1_000));
    }
  }

  /** Fills segments up to their caps when it is asked to. */
  private async burster(random: Random): Promise<void> {
    const traffic = new Traffic('burst', random.fork(10), this.world.book);
    while (!this.world.isStopping()) {
      const wanted = this.world.takeBurst();
      if (wanted === undefined) {
        await sleep(50);
        continue;
      }
      this.world.counts.bursts++;
      const tenant = random.pick(this.tenants);
      const isBulky = wanted === 'bytes';
      const batches = isBulky
        ? [0, 1].map(() => traffic.burst(tenant, { spans: BURST_BULKY, isBulky }))
        : [traffic.burst(tenant, { spans: BURST_CALLS, isBulky })];
      const deliver = (batch: Batch) =>
        this.deliver(batch, 'protobuf', { isGzipped: isBulky, random });
      await Promise.all(batches.map(deliver));
      if (random.chance(0.3)) {
        this.world.counts.duplicates++;
        await deliver(batches[0]!);
      }
    }
  }

  /** Spans that only settle can sort out. They are sent again like any others. */
  private scenes(name: string, random: Random): Promise<void> {
    const sender = new SceneSender(this.world, random, (kept) => this.keep(kept));
    return sender.run(name, this.tenants);
  }

  /** A fair sample of all that was acknowledged so far, old and new. Bursts are too large to keep. */
  private keep(kept: Kept): void {
    if (kept.batch.sent.length > 1000) {
      return;
    }
    this.keptCount++;
    if (this.kept.length < KEPT_MAX) {
      this.kept.push(kept);
    } else if (this.random.chance(KEPT_MAX / this.keptCount)) {
      this.kept[this.random.below(KEPT_MAX)] = kept;
    }
  }
}
