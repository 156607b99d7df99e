/**
 * Attributes that become tags: free dimensions under each emitter's own names. A dialect declares them; they are read
 * from every span, because the calls below a span inherit what only the span tells.
 */
import { fillChildren } from '../decode/any-value.ts';
import { AttributeList, VALUE } from '../decode/attribute-list.ts';
import { parseBlob } from './blob.ts';

/** What a dialect declares. */
export interface TagNames {
  /** Beginnings of keys: what follows is the tag's name. */
  readonly prefixes?: readonly string[];
  /** Attribute → the tag's name. */
  readonly named?: Readonly<Record<string, string>>;
  /** Lists of labels (an array, JSON, or words between commas): each is a tag that says `true`. */
  readonly labels?: readonly string[];
  /** Objects as JSON, or as Python prints them: each entry is a tag. */
  readonly objects?: readonly string[];
}

/** How one attribute is read. */
export type TagForm =
  | { readonly kind: 'value'; readonly tag: string; readonly isOwn?: boolean }
  | { readonly kind: 'labels' }
  | { readonly kind: 'object' };

export type Tag = [name: string, value: string];

/** The form of every key that `names` has, prefixes aside. */
export function tagForms(names: TagNames): [key: string, form: TagForm][] {
  const { named = {}, labels = [], objects = [] } = names;
  return [
    ...Object.entries(named).map(([key, tag]): [string, TagForm] => [key, { kind: 'value', tag }]),
    ...labels.map((key): [string, TagForm] => [key, { kind: 'labels' }]),
    ...objects.map((key): [string, TagForm] => [key, { kind: 'object' }]),
  ];
}

/** Longer texts are no dimension; some are content. */
const VALUE_BYTES_MAX = 256;
const NAME_CHARACTERS_MAX = 128;
const OBJECT_CHARACTERS_MAX = 8_192;
/** Of one span. */
const TAGS_MAX = 64;

/** The tags that entry i tells. */
export function tagsOf(list: AttributeList, i: number, form: TagForm): Tag[] {
  switch (form.kind) {
    case 'value':
      return tagOf(form.tag, scalarText(list, i));
    case 'labels':
      return labelsOf(list, i).flatMap((label) => tagOf(label.trim(), 'true'));
    default:
      return objectTags(list.valueText(i) ?? '');
  }
}

/** The tags of a span, each name once: what the application says itself (`isOwn`) first, then the first teller. */
export function distinctTags(told: readonly { tags: readonly Tag[]; isOwn: boolean }[]): Tag[] {
  const inOrder = told.toSorted((a, b) => Number(b.isOwn) - Number(a.isOwn));
  const distinct = new Map<string, string>();
  for (const [name, value] of inOrder.flatMap(({ tags }) => tags)) {
    if (!distinct.has(name)) {
      distinct.set(name, value);
    }
  }
  return [...distinct].slice(0, TAGS_MAX);
}

function tagOf(name: string, value: string | undefined): Tag[] {
  const isUsable =
    value !== undefined &&
    value !== '' &&
    value.length <= VALUE_BYTES_MAX &&
    name !== '' &&
    name.length <= NAME_CHARACTERS_MAX;
  return isUsable ? [[name, value]] : [];
}

function scalarText(list: AttributeList, i: number): string | undefined {
  const number = list.valueInt(i) ?? list.valueDouble(i) ?? list.valueBool(i);
  return number === undefined ? list.valueText(i) : String(number);
}

function labelsOf(list: AttributeList, i: number): string[] {
  if (list.type[i] === VALUE.array) {
    const children = new AttributeList(8);
    fillChildren(list, i, children);
    return Array.from({ length: children.count }, (_, at) => children.valueText(at) ?? '');
  }
  const text = list.valueText(i) ?? '';
  if (text.length > OBJECT_CHARACTERS_MAX) {
    return [];
  }
  const labels = text.startsWith('[') ? parseBlob(`{"labels":${text}}`, 'python') : undefined;
  const told = labels?.['labels'];
  return Array.isArray(told) ? told.filter((label) => typeof label === 'string') : text.split(',');
}

function objectTags(text: string): Tag[] {
  const object = text.length > OBJECT_CHARACTERS_MAX ? undefined : parseBlob(text, 'python');
  return Object.entries(object ?? {}).flatMap(([name, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value) ? tagOf(name, String(value)) : [],
  );
}
