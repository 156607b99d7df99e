/** A row of a history as the span, the call or the refusal that the collector makes of it. */
import { decodeTracesJson } from '../decode/decode-json.ts';
import { KeyShapes } from '../decode/key-shapes.ts';
import { SpanView } from '../decode/span-view.ts';
import { DECODE_LIMITS } from '../limits.ts';
import type { Call } from '../normalise/call.ts';
import { DIALECTS } from '../normalise/dialects.ts';
import { Normaliser } from '../normalise/normalise.ts';
import { otlpRequest } from './otlp-request.ts';
import { type ImportedSpan, readRow } from './read-row.ts';
import type { Columns } from './record.ts';
import type { ImportSource, RowFault } from './source.ts';
import { sourceNamed } from './sources.ts';

function namedSource(name: string): ImportSource {
  const source = sourceNamed(name);
  if (source === undefined) throw new Error(`no source ${name}`);
  return source;
}

export function spanOf(source: string, columns: Columns, nth = 0): ImportedSpan {
  const read = readRow(namedSource(source), { columns, nth });
  if ('fault' in read) throw new Error(JSON.stringify(read.fault));
  return read;
}

export function faultOfRow(source: string, columns: Columns): RowFault | undefined {
  const read = readRow(namedSource(source), { columns, nth: 0 });
  return 'fault' in read ? read.fault : undefined;
}

/** Undefined: no call. */
export function callOf(source: string, columns: Columns): Call | undefined {
  const { bytes } = otlpRequest(namedSource(source), [spanOf(source, columns)]);
  const normaliser = new Normaliser(DIALECTS);
  let call: Call | undefined;
  const sink = {
    span: (view: SpanView) => {
      call = normaliser.read(view)?.toCall();
    },
  };
  const outcome = decodeTracesJson(bytes, sink, DECODE_LIMITS, new SpanView(new KeyShapes()));
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.error));
  return call;
}
