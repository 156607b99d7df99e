/**
 * How many calls a span stands for, where its sender samples. Told by `ot=th:…` in the trace state (OpenTelemetry
 * specification, "TraceState: Probability Sampling") or by attributes that samplers write. A sampled call is billed as
 * one: this only scales the estimate beside it. Spans that tell nothing of it cost two comparisons and a few look-ups.
 */
import type { SpanView } from '../decode/span-view.ts';
import type { AttributeKeys, KeyId } from './attribute-keys.ts';
import type { AttributeReader } from './attribute-reader.ts';

/** Thresholds and randomness are of 56 bits. */
const ALL = 1n << 56n;
const HEX_DIGITS = 14;
/** W3C lets a vendor cut the trace state beyond 512 characters. */
const TRACE_STATE_BYTES_MAX = 4_096;
const THRESHOLD = /^[0-9a-f]{1,14}$/;
const RANDOMNESS = /^[0-9a-f]{14}$/;
/** Of a probability, as a plain decimal. */
const PROBABILITY = /^(0|1)(?:\.(\d+))?$/;

/**
 * What came of the statement: calls as `N` or `N/D` in lowest terms, or why it says nothing. Undefined: nothing was
 * told, or that every call is kept.
 */
export type Sampling = string | undefined;

/** Honeycomb's and HyperDX's: one of N calls is kept. */
const SAMPLE_RATE = ['SampleRate', 'sampleRate'];
const PROBABILITY_NAMES = ['sampling.probability'];

export class SamplingReader {
  private readonly threshold: KeyId;
  private readonly randomness: KeyId;
  private readonly sampleRate: readonly KeyId[];
  private readonly probability: readonly KeyId[];

  constructor(keys: AttributeKeys) {
    // As the Collector's probabilistic_sampler writes them where there is no trace state.
    this.threshold = keys.declare('sampling.threshold');
    this.randomness = keys.declare('sampling.randomness');
    this.sampleRate = SAMPLE_RATE.map((name) => keys.declare(name));
    this.probability = PROBABILITY_NAMES.map((name) => keys.declare(name));
  }

  /** The trace state comes first: every sampler on the way keeps it current. */
  read(view: SpanView, attributes: AttributeReader): Sampling {
    const { traceStateStart: start, traceStateEnd: end } = view;
    const told =
      end > start && end - start <= TRACE_STATE_BYTES_MAX
        ? membersOf(view.bytes.toString('latin1', start, end))
        : undefined;
    if (told?.th !== undefined) {
      return byThreshold(told.th, told.rv);
    }
    return this.readAttributes(attributes);
  }

  /** What attributes alone tell. */
  readAttributes(attributes: AttributeReader): Sampling {
    if (attributes.has(this.threshold)) {
      const randomness = attributes.text(this.randomness);
      return byThreshold(attributes.text(this.threshold) ?? '', randomness);
    }
    const rate = this.sampleRate.find((key) => attributes.has(key));
    if (rate !== undefined) {
      const calls = attributes.whole(rate) ?? 0n;
      return calls === 0n ? 'bad_sample_rate' : ratio(calls, 1n);
    }
    const probability = this.probability.find((key) => attributes.has(key));
    return probability === undefined
      ? undefined
      : byProbability(attributes.usd(probability) ?? attributes.text(probability) ?? '');
  }
}

/** What OpenTelemetry's member of the trace state tells: `vendor=x,ot=th:c;rv:d29d6a7215ced0`. */
function membersOf(
  traceState: string,
): { th: string | undefined; rv: string | undefined } | undefined {
  const own = traceState
    .split(',')
    .map((member) => member.trim())
    .find((member) => member.startsWith('ot='));
  const values = own?.slice('ot='.length).split(';');
  const told = (name: string) =>
    values?.find((value) => value.startsWith(`${name}:`))?.slice(name.length + 1);
  return values === undefined ? undefined : { th: told('th'), rv: told('rv') };
}

/** A rejection threshold T of 2^56 keeps one of 2^56 / (2^56 − T). Missing digits on the right are zeros. */
function byThreshold(th: string, rv: string | undefined): Sampling {
  if (!THRESHOLD.test(th)) {
    return 'bad_threshold';
  }
  const threshold = BigInt(`0x${th.padEnd(HEX_DIGITS, '0')}`);
  // A call below its threshold would have been dropped: whoever wrote that did not sample by it. A randomness that
  // cannot be read is as one that is not told.
  const isBelow = rv !== undefined && RANDOMNESS.test(rv) && BigInt(`0x${rv}`) < threshold;
  return isBelow ? 'inconsistent_threshold' : ratio(ALL, ALL - threshold);
}

function byProbability(text: string): Sampling {
  const found = PROBABILITY.exec(text);
  const digits = found?.[2] ?? '';
  const scale = 10n ** BigInt(digits.length);
  const share = found === null ? 0n : BigInt(`${found[1]}${digits}`);
  return share === 0n || share > scale ? 'bad_probability' : ratio(scale, share);
}

/** In lowest terms; one call stands for itself. */
function ratio(calls: bigint, kept: bigint): Sampling {
  const divisor = greatestCommonDivisor(calls, kept);
  const [numerator, denominator] = [calls / divisor, kept / divisor];
  if (numerator === denominator) {
    return undefined;
  }
  return denominator === 1n ? `${numerator}` : `${numerator}/${denominator}`;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a, b];
  while (smaller !== 0n) {
    [larger, smaller] = [smaller, larger % smaller];
  }
  return larger;
}
