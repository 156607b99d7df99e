/**
 * How much of a prompt was sent before: the longest prefix that ends where a message ends and that an earlier call of
 * the same model began with, within the time that a provider keeps it. Calls come in order of time.
 * Invariant: memory is bounded by the calls of twice that time; what is forgotten could not have been kept.
 */

export interface Prefix {
  readonly hash: string;
  /** UTF-16 units up to its end. */
  readonly size: number;
}

export interface Repeated {
  /** Of the longest prefix that was sent before. */
  readonly size: number;
  /** Of the longest part of it that had been repeated before, and so been written to a cache already. */
  readonly writtenSize: number;
}

interface Held {
  lastUs: number;
  isWritten: boolean;
}

/** Reads `{hash}.{size}` with spaces between; what is not of that form is left out. */
export function readPrefixes(boundaries: string): Prefix[] {
  return boundaries.split(' ').flatMap((one) => {
    const point = one.indexOf('.');
    const size = Number.parseInt(one.slice(point + 1), 36);
    return point <= 0 || Number.isNaN(size) ? [] : [{ hash: one.slice(0, point), size }];
  });
}

/** The prefixes of one model and maker. */
export class RepeatedPrefixes {
  private readonly ttlUs: number;
  private young = new Map<string, Held>();
  private old = new Map<string, Held>();
  private bornUs = Number.NEGATIVE_INFINITY;

  constructor(ttlUs: number) {
    this.ttlUs = ttlUs;
  }

  /** `worthSize` is the size from which on a prefix is kept at all. Undefined: nothing of it was there. */
  take(prefixes: readonly Prefix[], atUs: number, worthSize: number): Repeated | undefined {
    this.age(atUs);
    const held = prefixes.map(({ hash }) => this.liveOf(hash, atUs));
    const last = held.findLastIndex(
      (one, n) => one !== undefined && prefixes[n]!.size >= worthSize && prefixes[n]!.size > 0,
    );
    const written = held.findLastIndex((one, n) => n <= last && one?.isWritten === true);
    for (const [n, { hash }] of prefixes.entries()) {
      this.young.set(hash, { lastUs: atUs, isWritten: n <= last || held[n]?.isWritten === true });
    }
    if (last === -1) return undefined;
    return {
      size: prefixes[last]!.size,
      writtenSize: written === -1 ? 0 : prefixes[written]!.size,
    };
  }

  private liveOf(hash: string, atUs: number): Held | undefined {
    const held = this.young.get(hash) ?? this.old.get(hash);
    return held !== undefined && atUs - held.lastUs <= this.ttlUs ? held : undefined;
  }

  /** What was not used for as long as it is kept goes, all at once. */
  private age(atUs: number): void {
    if (atUs - this.bornUs <= this.ttlUs) return;
    this.old = this.young;
    this.young = new Map();
    this.bornUs = atUs;
  }
}
