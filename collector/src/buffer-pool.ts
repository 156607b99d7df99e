/**
 * Memory for the bytes of requests, used again. What a request brings and what is written of it outlives V8's young
 * generation, and for every 64 MB of it V8 looks through its whole heap: measured, a fifth of what the collector did
 * under load.
 * Invariant: memory is used again only when everybody who holds it has let it go. What is not from here is left alone.
 */

/** For who holds bytes longer than the one who took them. */
export interface BufferHolders {
  /** One more holds these bytes, which somebody still holds. */
  keep(bytes: Uint8Array): void;
  /** One of those who hold them does not any more, and never looks at them again. */
  letGo(bytes: Uint8Array): void;
}

/** Smaller ones are not worth it; larger ones are rare, and would be kept for nothing. */
const BYTES_MIN = 32 * 1024;
const BYTES_MAX = 8 * 1024 * 1024;
/** Sizes are rounded up, so that one fits where another was: an eighth is wasted at most. */
const STEPS_PER_DOUBLING = 8;
/** What waits to be used again, in bytes. */
const FREE_BYTES_MAX = 16 * 1024 * 1024;

export class BufferPool implements BufferHolders {
  private readonly holders = new Map<ArrayBufferLike, number>();
  /** By their size. */
  private readonly free = new Map<number, Buffer[]>();
  private freeBytes = 0;

  /** So many bytes, held by the caller; what they hold is what was there before. */
  take(length: number): Buffer {
    if (length < BYTES_MIN || length > BYTES_MAX) return Buffer.allocUnsafe(length);
    const size = roundedUp(length);
    const again = this.free.get(size)?.pop();
    if (again !== undefined) this.freeBytes -= size;
    const buffer = again ?? Buffer.allocUnsafeSlow(size);
    this.holders.set(buffer.buffer, 1);
    return buffer.subarray(0, length);
  }

  /** The pieces in one, held by the caller. */
  join(pieces: readonly Uint8Array[]): Buffer {
    const joined = this.take(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }

  keep({ buffer }: Uint8Array): void {
    const holders = this.holders.get(buffer);
    if (holders !== undefined) this.holders.set(buffer, holders + 1);
  }

  letGo({ buffer }: Uint8Array): void {
    const holders = this.holders.get(buffer);
    if (holders === undefined) return;
    if (holders > 1) {
      this.holders.set(buffer, holders - 1);
      return;
    }
    this.holders.delete(buffer);
    this.putBack(buffer);
  }

  private putBack(buffer: ArrayBufferLike): void {
    const size = buffer.byteLength;
    if (this.freeBytes + size > FREE_BYTES_MAX) return;
    this.freeBytes += size;
    const same = this.free.get(size) ?? [];
    same.push(Buffer.from(buffer));
    this.free.set(size, same);
  }
}

function roundedUp(length: number): number {
  const step = 2 ** (Math.floor(Math.log2(length)) + 1) / (2 * STEPS_PER_DOUBLING);
  return Math.ceil(length / step) * step;
}
