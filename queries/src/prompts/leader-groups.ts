/**
 * Calls → groups of near-identical prompts, in one pass: each prompt joins the most similar leader that it is at least
 * as similar to as the threshold says, or becomes a leader itself. So every prompt of a group is that similar to its
 * leader, and no chain of small steps joins what is far apart, as connected components would.
 *
 * Leaders are found by locality-sensitive hashing: twelve bands of four of the 128 bytes. Two prompts of Jaccard
 * similarity J share a band with probability 1 − (1 − J⁴)¹² (0.998 at 0.8). What shares a band is
 * compared: the Hamming distance of the whole sketches tells the similarity, for a byte that differs has 4 + 4/255
 * different bits on average (b-bit minwise hashing, Li and König 2010). Its standard deviation is 0.047 at most.
 *
 * Invariant: the same calls in the same order give the same groups; memory is bounded by `leadersMax`.
 */
import { SKETCH_BYTES, SKETCH_WORDS } from './call-blocks.ts';

export const BANDS = 12;
const BITS_OF_DIFFERENCE = (4 * 256) / 255;
/** Of a band that very many leaders share the newest are compared. */
const COMPARED_MAX = 64;
/** Powers of two. At most 12 of the slots of a leader are taken. */
const LEADERS_AT_FIRST = 1024;
const LEADER_SLOTS = 32;

/** What became of a prompt. */
export interface Placed {
  /** Number of the group; -1: there was no room for another leader. */
  readonly group: number;
  /** Estimated Jaccard similarity to the leader. */
  readonly similarity: number;
}

/** The similarity that a number of differing bits tells; never below 0. */
const similarityOf = (bits: number): number =>
  Math.max(0, 1 - bits / (SKETCH_BYTES * BITS_OF_DIFFERENCE));

export class LeaderGroups {
  readonly leadersMax: number;
  leaders = 0;
  /** How often two whole sketches were compared: most of the work where many prompts are nearly similar enough. */
  comparisons = 0;
  private readonly bitsMax: number;
  private sketches = new Int32Array(LEADERS_AT_FIRST * SKETCH_WORDS);
  /** By maker: sketches of two makers are never compared. */
  private makers = new Uint8Array(LEADERS_AT_FIRST);
  /** Open addressing by band, value of the band and maker: the newest leader + 1 of a chain, and the band. */
  private slots = new Int32Array(LEADERS_AT_FIRST * LEADER_SLOTS);
  private slotBands = new Uint8Array(LEADERS_AT_FIRST * LEADER_SLOTS);
  /** By leader and band: the leader + 1 before it in the chain. */
  private chain = new Int32Array(LEADERS_AT_FIRST * BANDS);

  constructor({ threshold, leadersMax }: { threshold: number; leadersMax: number }) {
    this.leadersMax = leadersMax;
    this.bitsMax = Math.floor((1 - threshold) * SKETCH_BYTES * BITS_OF_DIFFERENCE);
  }

  /** `sketch` is 32 integers at `at`; those of a leader are copied. */
  place(sketch: Int32Array, maker: number, at = 0): Placed {
    let best = -1;
    let bestBits = this.bitsMax + 1;
    for (let band = 0; band < BANDS && bestBits > 0; band++) {
      const slot = this.slotOf(sketch[at + band]!, band, maker);
      let compared = 0;
      for (let next = this.slots[slot]!; next !== 0 && compared < COMPARED_MAX; compared++) {
        const leader = next - 1;
        const bits = leader === best ? bestBits : this.distance(sketch, at, leader);
        // Of two as near the older one, whichever band showed it.
        if (bits < bestBits || (bits === bestBits && leader < best)) {
          best = leader;
          bestBits = bits;
        }
        next = this.chain[leader * BANDS + band]!;
      }
    }
    if (best !== -1) return { group: best, similarity: similarityOf(bestBits) };
    if (this.leaders >= this.leadersMax) return { group: -1, similarity: 0 };
    return { group: this.addLeader(sketch.subarray(at, at + SKETCH_WORDS), maker), similarity: 1 };
  }

  private distance(sketch: Int32Array, at: number, leader: number): number {
    const { sketches, bitsMax } = this;
    this.comparisons += 1;
    const from = leader * SKETCH_WORDS;
    let bits = 0;
    for (let word = 0; word < SKETCH_WORDS; word++) {
      bits += bitsOf(sketch[at + word]! ^ sketches[from + word]!);
      if (bits > bitsMax) return bitsMax + 1;
    }
    return bits;
  }

  private addLeader(sketch: Int32Array, maker: number): number {
    const leader = this.leaders;
    if (leader === this.makers.length) this.grow();
    this.sketches.set(sketch, leader * SKETCH_WORDS);
    this.makers[leader] = maker;
    this.leaders += 1;
    this.link(leader);
    return leader;
  }

  /** Twice the room, and all chains anew, oldest first. */
  private grow(): void {
    const room = this.makers.length * 2;
    this.sketches = grown(this.sketches, new Int32Array(room * SKETCH_WORDS));
    this.makers = grown(this.makers, new Uint8Array(room));
    this.slots = new Int32Array(room * LEADER_SLOTS);
    this.slotBands = new Uint8Array(room * LEADER_SLOTS);
    this.chain = new Int32Array(room * BANDS);
    for (let leader = 0; leader < this.leaders; leader++) this.link(leader);
  }

  private link(leader: number): void {
    const from = leader * SKETCH_WORDS;
    for (let band = 0; band < BANDS; band++) {
      const slot = this.slotOf(this.sketches[from + band]!, band, this.makers[leader]!);
      this.chain[leader * BANDS + band] = this.slots[slot]!;
      this.slots[slot] = leader + 1;
      this.slotBands[slot] = band;
    }
  }

  /** Where the chain of a band's value begins, or may begin. A chain is known by its newest leader. */
  private slotOf(value: number, band: number, maker: number): number {
    const { slots, slotBands, sketches, makers } = this;
    const mask = slots.length - 1;
    let slot = mixed(value ^ Math.imul(band * 256 + maker + 1, 0x9e3779b1)) & mask;
    for (;;) {
      const leader = slots[slot]! - 1;
      if (leader === -1) return slot;
      if (
        slotBands[slot] === band &&
        sketches[leader * SKETCH_WORDS + band] === value &&
        makers[leader] === maker
      ) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
  }
}

function grown<A extends Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

function bitsOf(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function mixed(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
