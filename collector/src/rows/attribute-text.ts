/**
 * Attribute values as text, as the maps of `spans` hold them: strings as they are, numbers and bools as JSON writes
 * them, bytes in base64, arrays and key-value lists as JSON. 64-bit integers stay exact.
 */
import { fillChildren } from '../decode/any-value.ts';
import { type AttributeList, VALUE } from '../decode/attribute-list.ts';

/** The value of entry i as text. */
export function attributeText(list: AttributeList, i: number): string {
  switch (list.type[i]) {
    case VALUE.string:
      return list.valueText(i)!;
    case VALUE.int:
    case VALUE.double:
    case VALUE.bool:
      return scalarText(list, i);
    case VALUE.bytes:
      return Buffer.from(list.valueBytes(i)!).toString('base64');
    case VALUE.array:
    case VALUE.kvlist:
      return jsonText(list, i);
    default:
      return '';
  }
}

function scalarText(list: AttributeList, i: number): string {
  const number = list.number[i]!;
  if (list.type[i] === VALUE.bool) {
    return number === 1 ? 'true' : 'false';
  }
  const isExact = list.type[i] === VALUE.double || Number.isSafeInteger(number);
  return isExact ? String(number) : String(list.valueInt(i));
}

/** The value as JSON text; integers keep all their digits. */
function jsonText(list: AttributeList, i: number): string {
  const type = list.type[i];
  if (type === VALUE.array || type === VALUE.kvlist) {
    const { children } = list;
    fillChildren(list, i, children);
    return childrenJson(children, type === VALUE.array);
  }
  if (type === VALUE.int || type === VALUE.bool) {
    return scalarText(list, i);
  }
  if (type === VALUE.double) {
    const number = list.number[i]!;
    return Number.isFinite(number) ? String(number) : JSON.stringify(String(number));
  }
  return type === VALUE.empty ? 'null' : JSON.stringify(attributeText(list, i));
}

function childrenJson(children: AttributeList, isArray: boolean): string {
  const parts: string[] = [];
  for (let i = 0; i < children.count; i++) {
    const value = jsonText(children, i);
    parts.push(isArray ? value : `${JSON.stringify(children.keyText(i))}:${value}`);
  }
  return isArray ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
}

/** A whole attribute list as one JSON object. */
export function attributesJson(list: AttributeList): string {
  return childrenJson(list, false);
}
