/**
 * Traces that one request brought, found by their hashes in a table of numbers. Tens of thousands are held at a time,
 * and each is new with its request: an object and an entry of a `Map` for each were what the garbage collector copied.
 * Invariant: at most one trace of a hash is known, the one that was added last.
 */

/** A trace as the one request that brought it told it. */
export interface YoungTrace<Request> {
  readonly record: Request;
  /** Number of the trace in the request. */
  readonly trace: number;
  readonly hash: number;
}

/** A request, and how many traces of it are known. */
interface Owner<Request> {
  readonly record: Request;
  traces: number;
}

/** A slot: the hash, the number of the trace, and the number of its owner. */
const WORDS = 3;
const TRACE = 1;
const OWNER = 2;
/** Numbers of no owner. A slot that was taken out is still passed on the way to others. */
const FREE = 0;
const TAKEN_OUT = -1;
const NUMBER_MAX = 0x7fff_ffff;
const SLOTS_MIN = 1_024;

export class YoungTraces<Request> {
  /** How many are known. */
  count = 0;
  /** By number. A slot of a number that is not here counts as taken out: forgetting a request costs nothing more. */
  private readonly owners = new Map<number, Owner<Request>>();
  private slots = new Int32Array(SLOTS_MIN * WORDS);
  private used = 0;
  private lastNumber = 0;

  /** The number under which the traces of a request are added, and forgotten. */
  own(record: Request): number {
    this.lastNumber = (this.lastNumber % NUMBER_MAX) + 1;
    this.owners.set(this.lastNumber, { record, traces: 0 });
    return this.lastNumber;
  }

  /** Remembers a trace; one of the same hash is forgotten for it. */
  add(hash: number, trace: number, number: number): void {
    const slot = this.slotOf(hash);
    const before = this.slots[slot + OWNER]!;
    if (before === FREE) this.used++;
    else this.take(before);
    this.slots[slot] = hash;
    this.slots[slot + TRACE] = trace;
    this.slots[slot + OWNER] = number;
    this.owners.get(number)!.traces++;
    this.count++;
    if (this.used * WORDS * 2 > this.slots.length) this.rebuild();
  }

  find(hash: number): YoungTrace<Request> | undefined {
    const slot = this.slotOf(hash);
    const owner = this.owners.get(this.slots[slot + OWNER]!);
    if (owner === undefined) return undefined;
    return { record: owner.record, trace: this.slots[slot + TRACE]!, hash };
  }

  /** Forgets one trace, unless another of its hash came since. */
  forget({ record, trace, hash }: YoungTrace<Request>): void {
    const slot = this.slotOf(hash);
    const number = this.slots[slot + OWNER]!;
    if (this.owners.get(number)?.record !== record || this.slots[slot + TRACE] !== trace) return;
    this.take(number);
    this.slots[slot + OWNER] = TAKEN_OUT;
  }

  /** Forgets all traces of a request. */
  forgetOwner(number: number): void {
    this.count -= this.owners.get(number)?.traces ?? 0;
    this.owners.delete(number);
  }

  clear(): void {
    this.owners.clear();
    this.slots = new Int32Array(SLOTS_MIN * WORDS);
    this.count = this.used = 0;
  }

  private take(number: number): void {
    const owner = this.owners.get(number);
    if (owner === undefined) return;
    owner.traces--;
    this.count--;
  }

  /** Where the hash stands, or else where it belongs. */
  private slotOf(hash: number): number {
    const { slots } = this;
    const mask = slots.length / WORDS - 1;
    for (let n = hash & mask; ; n = (n + 1) & mask) {
      const slot = n * WORDS;
      if (slots[slot + OWNER] === FREE || slots[slot] === hash) return slot;
    }
  }

  /** A table at most a quarter full, of those that are known: as many as are known come again before the next one. */
  private rebuild(): void {
    const old = this.slots;
    const size = 2 ** Math.ceil(Math.log2(Math.max(SLOTS_MIN, this.count * 4)));
    this.slots = new Int32Array(size * WORDS);
    this.used = this.count;
    for (let from = 0; from < old.length; from += WORDS) {
      if (this.owners.has(old[from + OWNER]!)) {
        const to = this.slotOf(old[from]!);
        for (let word = 0; word < WORDS; word++) this.slots[to + word] = old[from + word]!;
      }
    }
  }
}
