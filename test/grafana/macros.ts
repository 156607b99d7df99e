/** The macros of the plugin's backend, expanded as version 4.20.0 does. One that it does not know stays as text. */
import { readArguments } from './interpolate.ts';

/** Of a request: seconds since 1970, and the step of the panel. */
export interface AskedTime {
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
}

type Expand = (time: AskedTime, args: readonly string[]) => string;

const seconds = (ms: number): string => `toDateTime(${Math.floor(ms / 1000)})`;
const millis = (ms: number): string => `fromUnixTimestamp64Milli(${ms})`;
const wholeSeconds = ({ intervalMs }: AskedTime): number =>
  Math.max(1, Math.floor(intervalMs / 1000));
const day = (ms: number): string => `toDate('${new Date(ms).toISOString().slice(0, 10)}')`;

const MACROS: Readonly<Record<string, { readonly args: number; readonly expand: Expand }>> = {
  timeFilter: {
    args: 1,
    expand: ({ fromMs, toMs }, [c]) => `${c} >= ${seconds(fromMs)} AND ${c} <= ${seconds(toMs)}`,
  },
  timeFilter_ms: {
    args: 1,
    expand: ({ fromMs, toMs }, [c]) => `${c} >= ${millis(fromMs)} AND ${c} <= ${millis(toMs)}`,
  },
  dateFilter: {
    args: 1,
    expand: ({ fromMs, toMs }, [c]) => `${c} >= ${day(fromMs)} AND ${c} <= ${day(toMs)}`,
  },
  fromTime: { args: 0, expand: ({ fromMs }) => seconds(fromMs) },
  toTime: { args: 0, expand: ({ toMs }) => seconds(toMs) },
  fromTime_ms: { args: 0, expand: ({ fromMs }) => millis(fromMs) },
  toTime_ms: { args: 0, expand: ({ toMs }) => millis(toMs) },
  interval_s: { args: 0, expand: (time) => String(wholeSeconds(time)) },
  timeInterval: {
    args: 1,
    expand: (time, [c]) =>
      `toStartOfInterval(toDateTime(${c}), INTERVAL ${wholeSeconds(time)} second)`,
  },
  timeInterval_ms: {
    args: 1,
    expand: ({ intervalMs }, [c]) =>
      `toStartOfInterval(toDateTime64(${c}, 3), INTERVAL ${intervalMs} millisecond)`,
  },
};

/** Names of macros that are expanded here. */
export const KNOWN_MACROS: readonly string[] = Object.keys(MACROS);

export function expandMacros(sql: string, time: AskedTime): string {
  let text = '';
  let rest = sql;
  for (let found = /\$__(\w+)/.exec(rest); found !== null; found = /\$__(\w+)/.exec(rest)) {
    const macro = MACROS[found[1] ?? ''];
    const end = found.index + found[0].length;
    text += rest.slice(0, found.index);
    if (macro === undefined) {
      text += found[0];
      rest = rest.slice(end);
    } else if (macro.args === 0) {
      text += macro.expand(time, []);
      rest = rest.slice(end);
    } else {
      const { args, end: closed } = readArguments(rest, end + 1);
      text += macro.expand(
        time,
        args.map((one) => one.trim()),
      );
      rest = rest.slice(closed);
    }
  }
  return text + rest;
}
