/**
 * Who listens, and the events that were told while anybody did. While nobody listens, and nobody did lately, nothing
 * is made: `isHeard` is all that the road of spans asks.
 * Invariant: a client gets events of its own tenant alone: they are kept by tenant, and it is in one stream.
 */
import type { LiveFeed, LiveSubscriber } from '../live-feed.ts';
import { Problem, unavailable } from '../problems.ts';
import type { Timers } from '../timers.ts';
import { CallsTold } from './calls-told.ts';
import type { ClientCounts, LiveClient } from './live-client.ts';
import { type StreamSizes, TenantStream } from './tenant-stream.ts';

export interface HubOptions extends StreamSizes, ClientCounts {
  readonly clientsMax: number;
  readonly clientsPerKeyMax: number;
  /** Calls of one tenant that are shown within a second; of the others it is told how many they were. */
  readonly callsPerSecondMax: number;
  /** How long events of a tenant are kept on, once its last client is gone. */
  readonly resumeMs: number;
  readonly flushMs: number;
  readonly heartbeatMs: number;
  readonly keyCheckMs: number;
  readonly timers: Pick<Timers, 'every'>;
  readonly nowMs: () => number;
  readonly newEpoch: () => string;
  readonly onClients: (count: number) => void;
}

interface Kept {
  readonly stream: TenantStream;
  readonly calls: CallsTold;
  leftMs: number;
}

export class LiveHub implements LiveFeed {
  isHeard = false;
  private readonly options: HubOptions;
  private readonly streams = new Map<string, Kept>();
  private readonly clients = new Set<LiveClient>();
  private readonly perKey = new Map<string, number>();
  private stopTimers: (() => void)[] = [];
  private isClosed = false;

  constructor(options: HubOptions) {
    this.options = options;
  }

  checkRoom(keyId: string): void {
    const { clientsMax, clientsPerKeyMax } = this.options;
    if (this.isClosed) throw unavailable('overloaded', 'The collector is being stopped.');
    const full =
      (this.perKey.get(keyId) ?? 0) >= clientsPerKeyMax
        ? ({ limit: 'live_clients_per_key', of: 'this key', max: clientsPerKeyMax } as const)
        : this.clients.size >= clientsMax
          ? ({ limit: 'live_clients', of: 'all keys', max: clientsMax } as const)
          : undefined;
    if (full === undefined) return;
    const detail = `There are ${full.max} live streams of ${full.of}, as many as may be open.`;
    const headers = { 'retry-after': '10' };
    throw new Problem('too_many_streams', detail, { headers, limit: full.limit });
  }

  open(subscriber: LiveSubscriber): void {
    const { tenant, keyId, answer } = subscriber;
    this.checkRoom(keyId);
    const kept = this.keptOf(tenant);
    const client = kept.stream.join(subscriber);
    this.clients.add(client);
    this.perKey.set(keyId, (this.perKey.get(keyId) ?? 0) + 1);
    this.options.onClients(this.clients.size);
    answer.on('error', () => answer.destroy());
    answer.once('close', () => this.leave(client, kept));
  }

  publish(tenant: string, type: 'settled' | 'alert', data: object): void {
    this.streams.get(tenant)?.stream.add({ type, data });
  }

  /** What takes the calls of a request of the tenant; undefined: nobody listens. */
  callsOf(tenant: string): CallsTold | undefined {
    return this.streams.get(tenant)?.calls;
  }

  /** Tenants of which somebody listens. */
  tenants(): readonly string[] {
    return [...this.streams.keys()];
  }

  /** Somebody whom events of the tenant may name was deleted: none of them is sent any more. */
  forget(tenant: string): void {
    this.streams.get(tenant)?.stream.forget();
  }

  /** Tells every client that the collector ends. None comes after. */
  close(): void {
    this.isClosed = true;
    this.flush();
    for (const client of this.clients) client.close('shutdown');
    this.forgetAll();
  }

  private keptOf(tenant: string): Kept {
    const known = this.streams.get(tenant);
    if (known !== undefined) return known;
    const { options } = this;
    if (this.streams.size >= options.clientsMax) this.forgetOneLeft();
    const stream = new TenantStream(options.newEpoch(), options, options);
    const kept = { stream, calls: new CallsTold(stream, options), leftMs: 0 };
    this.streams.set(tenant, kept);
    if (!this.isHeard) this.startTimers();
    this.isHeard = true;
    return kept;
  }

  private leave(client: LiveClient, kept: Kept): void {
    const { keyId } = client.subscriber;
    if (!this.clients.delete(client)) return;
    kept.stream.leave(client);
    kept.leftMs = this.options.nowMs();
    const left = (this.perKey.get(keyId) ?? 1) - 1;
    if (left === 0) this.perKey.delete(keyId);
    else this.perKey.set(keyId, left);
    this.options.onClients(this.clients.size);
  }

  private flush(): void {
    const { nowMs, resumeMs } = this.options;
    for (const [tenant, { stream, calls, leftMs }] of this.streams) {
      calls.tellSampled();
      if (stream.clientCount > 0) stream.flush();
      else if (nowMs() - leftMs >= resumeMs) this.streams.delete(tenant);
    }
    if (this.streams.size === 0) this.forgetAll();
  }

  private checkKeys(): void {
    for (const client of this.clients) {
      if (!client.subscriber.isAllowed()) client.close('key_unknown');
    }
  }

  /** Of the tenants without a client, the one whose last went first. */
  private forgetOneLeft(): void {
    const left = [...this.streams].filter(([, { stream }]) => stream.clientCount === 0);
    const [oldest] = left.toSorted(([, a], [, b]) => a.leftMs - b.leftMs);
    if (oldest !== undefined) this.streams.delete(oldest[0]);
  }

  private startTimers(): void {
    const { timers, flushMs, heartbeatMs, keyCheckMs } = this.options;
    const beat = () => {
      for (const client of this.clients) client.beat();
    };
    this.stopTimers = [
      timers.every(flushMs, () => this.flush()),
      timers.every(heartbeatMs, beat),
      timers.every(keyCheckMs, () => this.checkKeys()),
    ];
  }

  private forgetAll(): void {
    this.streams.clear();
    this.isHeard = false;
    for (const stop of this.stopTimers) stop();
    this.stopTimers = [];
  }
}
