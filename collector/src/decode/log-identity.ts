/**
 * Ids for log records that are kept as spans (design §3). They have none of their own, so equal records get equal ones:
 * a record that is sent again, through whatever encoding, is recognised.
 */
import { createHash, type Hash } from 'node:crypto';
import { type AttributeList, VALUE } from './attribute-list.ts';
import type { LogView } from './log-view.ts';

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** The trace of all log events of one session. */
export function sessionTraceId(tenant: string, service: string, session: string): Buffer {
  const digest = createHash('sha256')
    .update(JSON.stringify([tenant, service, session]))
    .digest();
  return digest.subarray(0, TRACE_ID_BYTES);
}

/** An id of the record: a hash of resource, scope, time, event name and attributes, these in any order. */
export function recordSpanId(view: LogView, eventName: string, timeNs: bigint): Buffer {
  const { resource, scope, attributes } = view;
  const hash = createHash('sha256');
  addAttributes(hash, resource.attributes);
  const scopeTexts = [
    view.text(scope.nameStart, scope.nameEnd),
    view.text(scope.versionStart, scope.versionEnd),
  ];
  hash.update(JSON.stringify([...scopeTexts, String(timeNs), eventName]));
  addAttributes(hash, attributes);
  return hash.digest().subarray(0, SPAN_ID_BYTES);
}

/** Every part has its length before it, so that no two lists are written alike. */
function addAttributes(hash: Hash, list: AttributeList): void {
  const entries = Array.from({ length: list.count }, (_, i) => [list.keyText(i), i] as const);
  entries.sort(([a, i], [b, j]) => (a < b ? -1 : a > b ? 1 : i - j));
  hash.update(`${entries.length};`);
  for (const [key, i] of entries) {
    const value = valueBytes(list, i);
    hash.update(JSON.stringify([key, list.type[i], value.length])).update(value);
  }
}

function valueBytes(list: AttributeList, i: number): Uint8Array {
  switch (list.type[i]) {
    case VALUE.empty:
      return Buffer.alloc(0);
    case VALUE.int:
      return Buffer.from(String(list.valueInt(i)));
    case VALUE.bool:
    case VALUE.double:
      return Buffer.from(String(list.number[i]));
    default:
      return list.bytes.subarray(list.valueStart[i], list.valueEnd[i]);
  }
}
