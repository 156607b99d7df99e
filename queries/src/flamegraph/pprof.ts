/**
 * Stacks as a pprof profile (gzipped protobuf) with all four weights. Of a comparison the left side is the base: its
 * samples are negative and carry the label `pprof::base`, as `go tool pprof -diff_base` writes them.
 * Invariant: the samples of cost add up to the rounded total of their side.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Location, Function as PprofFunction, Profile, StringTable } from 'pprof-format';
import type { Range } from '../range.ts';
import { wholeWeights } from './folded.ts';
import { drawnFrames, type PairedStack } from './stacks.ts';
import type { Weight } from './weights.ts';

const SAMPLE_TYPES = [
  ['cost', 'nanodollars'],
  ['tokens', 'count'],
  ['duration', 'nanoseconds'],
  ['calls', 'count'],
] as const satisfies readonly (readonly [Weight, string])[];

const compress = promisify(gzip);

/** `range` becomes the profile's time and length; null: not told. */
export async function pprofProfile(
  stacks: readonly PairedStack[],
  shown: {
    readonly weight: Weight;
    readonly isCompared: boolean;
    readonly range: Range | null;
  },
): Promise<Buffer> {
  const strings = new StringTable();
  const frames = new FrameTable(strings);
  const base = { key: strings.dedup('pprof::base'), str: strings.dedup('true') };
  const samplesOf = (side: 'left' | 'right', isBase: boolean) => {
    const columns = SAMPLE_TYPES.map(([weight]) => wholeWeights(stacks, side, weight));
    return stacks.flatMap((stack, index) => {
      const value = columns.map((column) => (isBase ? -column[index]! : column[index]!));
      if (value.every((one) => one === 0n)) return [];
      const labels = drawnFrames(stack);
      const locationId = labels.map((label) => frames.idOf(label)).reverse();
      return [{ locationId, value, label: isBase ? [base] : [] }];
    });
  };
  const sample = shown.isCompared
    ? [...samplesOf('right', false), ...samplesOf('left', true)]
    : samplesOf('left', false);
  const { range } = shown;
  const profile = new Profile({
    sampleType: SAMPLE_TYPES.map(([type, unit]) => ({
      type: strings.dedup(type),
      unit: strings.dedup(unit),
    })),
    sample,
    location: frames.locations,
    function: frames.functions,
    stringTable: strings,
    timeNanos: range?.fromNs ?? 0n,
    durationNanos: range === null ? 0n : range.toNs - range.fromNs,
    defaultSampleType: strings.dedup(shown.weight),
  });
  return compress(profile.encode());
}

/** Each name is one function with one location. */
class FrameTable {
  readonly locations: Location[] = [];
  readonly functions: PprofFunction[] = [];
  readonly #strings: StringTable;
  readonly #ids = new Map<string, number>();

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  idOf(label: string): number {
    const known = this.#ids.get(label);
    if (known !== undefined) return known;
    const id = this.#ids.size + 1;
    this.#ids.set(label, id);
    const name = this.#strings.dedup(label);
    this.functions.push(new PprofFunction({ id, name, systemName: name }));
    this.locations.push(new Location({ id, line: [{ functionId: id }] }));
    return id;
  }
}
