/** Fills the resource and the scope of a view from validated protobuf bytes; see fill-span.ts. */

import { addKeyValue } from './any-value.ts';
import type { RecordView, ResourceView, ScopeView } from './record-view.ts';
import { afterField, afterVarint, varintLo } from './wire.ts';

/** Reads the `Resource` message in `[at, end)`; an absent one is the empty range. */
export function fillResource(
  view: RecordView,
  at: number,
  end: number,
  attributesMax: number,
): ResourceView {
  const { bytes, resource } = view;
  resource.generation += 1;
  resource.bytesStart = at;
  resource.bytesEnd = end;
  resource.droppedAttributesCount = 0;
  resource.schemaUrlStart = resource.schemaUrlEnd = at;
  resource.attributes.reset(attributesMax);
  while (at < end) {
    const tag = varintLo(bytes, at);
    at = afterVarint(bytes, at);
    const next = afterField(bytes, at, tag & 7);
    if (tag === 0x0a) addKeyValue(resource.attributes, afterVarint(bytes, at), next);
    else if (tag === 0x10) resource.droppedAttributesCount = varintLo(bytes, at) >>> 0;
    at = next;
  }
  return resource;
}

/** Reads the `InstrumentationScope` message in `[at, end)`; an absent one is the empty range. */
export function fillScope(
  view: RecordView,
  at: number,
  end: number,
  attributesMax: number,
): ScopeView {
  const { bytes, scope } = view;
  scope.generation += 1;
  scope.bytesStart = at;
  scope.bytesEnd = end;
  scope.droppedAttributesCount = 0;
  scope.nameStart = scope.nameEnd = scope.versionStart = scope.versionEnd = at;
  scope.schemaUrlStart = scope.schemaUrlEnd = at;
  scope.attributes.reset(attributesMax);
  while (at < end) {
    const tag = varintLo(bytes, at);
    at = afterVarint(bytes, at);
    const next = afterField(bytes, at, tag & 7);
    const start = (tag & 7) === 2 ? afterVarint(bytes, at) : at;
    if (tag === 0x0a) {
      scope.nameStart = start;
      scope.nameEnd = next;
    } else if (tag === 0x12) {
      scope.versionStart = start;
      scope.versionEnd = next;
    } else if (tag === 0x1a) addKeyValue(scope.attributes, start, next);
    else if (tag === 0x20) scope.droppedAttributesCount = varintLo(bytes, at) >>> 0;
    at = next;
  }
  return scope;
}
