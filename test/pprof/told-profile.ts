/**
 * What a profile tells, read from its bytes with protobufjs and the schema of pprof (`profile.proto`, of which this is
 * what we write), and read from what `go tool pprof -raw` printed of it.
 */
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { plainLines } from './sample-profile.ts';

export interface ToldProfile {
  /** In the spelling of `go tool pprof`, with the default one marked. */
  readonly sampleTypes: readonly string[];
  /** YYYY-MM-DD HH:MM:SS of UTC. */
  readonly time: string;
  readonly hours: number;
  readonly samples: readonly ToldSample[];
}

interface ToldSample {
  readonly values: readonly string[];
  /** Names of the functions, the leaf first. */
  readonly frames: readonly string[];
  /** `key:[value]`. */
  readonly labels: readonly string[];
}

const SCHEMA = `syntax = "proto3";
message Profile {
  repeated ValueType sample_type = 1;
  repeated Sample sample = 2;
  repeated Location location = 4;
  repeated Function function = 5;
  repeated string string_table = 6;
  int64 time_nanos = 9;
  int64 duration_nanos = 10;
  int64 default_sample_type = 14;
}
message ValueType { int64 type = 1; int64 unit = 2; }
message Sample { repeated uint64 location_id = 1; repeated int64 value = 2; repeated Label label = 3; }
message Label { int64 key = 1; int64 str = 2; int64 num = 3; int64 num_unit = 4; }
message Location { uint64 id = 1; uint64 mapping_id = 2; uint64 address = 3; repeated Line line = 4; }
message Line { uint64 function_id = 1; int64 line = 2; }
message Function { uint64 id = 1; int64 name = 2; int64 system_name = 3; int64 filename = 4; }
`;
const PROFILE = protobuf.parse(SCHEMA).root.lookupType('Profile');
const NS_PER_MS = 1_000_000n;
const MS_PER_HOUR = 3_600_000;

interface Decoded {
  readonly sampleType: readonly { type: string; unit: string }[];
  readonly sample: readonly {
    readonly locationId: readonly string[];
    readonly value: readonly string[];
    readonly label: readonly { key: string; str: string }[];
  }[];
  readonly location: readonly { id: string; line: readonly { functionId: string }[] }[];
  readonly function: readonly { id: string; name: string }[];
  readonly stringTable: readonly string[];
  readonly timeNanos: string;
  readonly durationNanos: string;
  readonly defaultSampleType: string;
}

/** @throws where the bytes are no profile, or one that points to what it has not */
export function decodeProfile(bytes: Buffer): ToldProfile {
  const decoded = PROFILE.toObject(PROFILE.decode(gunzipSync(bytes)), {
    longs: String,
    defaults: true,
    arrays: true,
  }) as Decoded;
  const text = (index: string): string => found(decoded.stringTable[Number(index)], index);
  const functions = new Map(decoded.function.map(({ id, name }) => [id, text(name)]));
  const names = new Map(
    decoded.location.map(({ id, line }) => {
      const { functionId } = found(line[0], id);
      return [id, found(functions.get(functionId), functionId)];
    }),
  );
  const { sampleType, defaultSampleType, timeNanos, durationNanos, sample } = decoded;
  return {
    sampleTypes: sampleType.map(
      ({ type, unit }) =>
        `${text(type)}/${text(unit)}${type === defaultSampleType ? '[dflt]' : ''}`,
    ),
    time: timeOf(Number(BigInt(timeNanos) / NS_PER_MS)),
    hours: Number(BigInt(durationNanos) / NS_PER_MS) / MS_PER_HOUR,
    samples: sample.map(({ value, locationId, label }) => ({
      values: value,
      frames: locationId.map((id) => found(names.get(id), id)),
      labels: label.map(({ key, str }) => `${text(key)}:[${text(str)}]`),
    })),
  };
}

/** What `go tool pprof -raw` printed. */
export function readRaw(text: string): ToldProfile {
  const lines = plainLines(text);
  const [start, end] = [lines.indexOf('Samples:'), lines.indexOf('Locations')];
  const after = (title: string) =>
    found(
      lines.find((line) => line.startsWith(title)),
      title,
    ).slice(title.length);
  const names = new Map(
    lines.slice(end + 1).flatMap((line) => {
      const location = /^(\d+): 0x0 M=1 (\S+)/.exec(line);
      return location === null ? [] : [[location[1]!, location[2]!] as const];
    }),
  );
  const samples: { values: string[]; frames: string[]; labels: string[] }[] = [];
  for (const line of lines.slice(start + 2, end)) {
    const [, values, ids] = /^([-\d ]+): ([\d ]+)$/.exec(line) ?? [];
    if (values === undefined || ids === undefined) samples.at(-1)!.labels.push(line);
    else {
      const frames = ids.split(' ').map((id) => found(names.get(id), id));
      samples.push({ values: values.split(' '), frames, labels: [] });
    }
  }
  return {
    sampleTypes: lines[start + 1]!.split(' '),
    time: after('Time: ').replace(' +0000 UTC', ''),
    hours: Number(after('Duration: ').replace(/h0$/, '')),
    samples,
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} is not there`);
  return value;
}
