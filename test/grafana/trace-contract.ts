/** What Grafana's view of a trace needs of its rows: one trace, milliseconds, tags as lists of key and value. */
import { type FieldKind, type Frame, kindOf } from './frame.ts';

interface Field {
  readonly kind: FieldKind;
  readonly isRight: (value: unknown) => boolean;
  /** How a value must be, for the message. */
  readonly must: string;
}

const DAY_MS = 86_400_000;
/** From 2001 to 2286 in milliseconds; seconds are a thousand times less, nanoseconds a million times more. */
const [STARTS_MIN_MS, STARTS_MAX_MS] = [1e12, 1e13];
/** No request lasts a week; two thirds of a second in nanoseconds would. */
const DURATION_MAX_MS = 7 * DAY_MS;

const isText = (value: unknown): boolean => typeof value === 'string';
const isName = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isWithin = (min: number, max: number) => (value: unknown) => {
  const isNumeric = typeof value === 'number' || (typeof value === 'string' && value !== '');
  return isNumeric && Number(value) >= min && Number(value) <= max;
};

const isTag = (tag: unknown): boolean =>
  typeof tag === 'object' &&
  tag !== null &&
  Object.keys(tag).sort().join() === 'key,value' &&
  Object.values(tag).every(isText);
const areTags = (value: unknown): boolean => Array.isArray(value) && value.every(isTag);

const ID: Field = { kind: 'text', isRight: isName, must: 'a text that is not empty' };
const TEXT: Field = { kind: 'text', isRight: isText, must: 'a text' };
const TAGS: Field = { kind: 'other', isRight: areTags, must: 'a list of {key, value}' };

const NEEDED: Readonly<Record<string, Field>> = {
  traceID: ID,
  spanID: ID,
  parentSpanID: TEXT,
  operationName: TEXT,
  serviceName: TEXT,
  serviceTags: TAGS,
  startTime: {
    kind: 'number',
    isRight: isWithin(STARTS_MIN_MS, STARTS_MAX_MS),
    must: 'milliseconds since 1970',
  },
  duration: { kind: 'number', isRight: isWithin(0, DURATION_MAX_MS), must: 'milliseconds' },
};

const KNOWN: Readonly<Record<string, Field>> = {
  ...NEEDED,
  tags: TAGS,
  kind: TEXT,
  statusCode: { kind: 'number', isRight: isWithin(0, 2), must: '0, 1 or 2' },
  statusMessage: TEXT,
};

/** Faults as sentences. */
export function judgeTraces(frame: Frame): string[] {
  const names = frame.columns.map(({ name }) => name);
  const missing = Object.keys(NEEDED).filter((name) => !names.includes(name));
  if (missing.length > 0) return [`missing: ${missing.join(', ')}`];
  const of = (name: string) => frame.rows.map((row) => row[names.indexOf(name)]);
  const starts = of('startTime').map(Number);
  return [
    ...frame.columns.flatMap((column, place) => judgeField(frame, column, place)),
    ...(new Set(of('traceID')).size > 1 ? ['more than one trace'] : []),
    ...(new Set(of('spanID')).size < frame.rows.length ? ['a span twice'] : []),
    ...(starts.some((start, at) => start < (starts[at - 1] ?? start)) ? ['not in order'] : []),
    ...(frame.rows.length > 0 && of('parentSpanID').every((id) => of('spanID').includes(id))
      ? ['no span to begin with']
      : []),
  ];
}

function judgeField(
  { rows }: Frame,
  { name, type }: Frame['columns'][number],
  place: number,
): string[] {
  const field = KNOWN[name];
  if (field === undefined) return [`${name} is nothing that the view reads`];
  if (kindOf(type) !== field.kind || (field === TAGS && !/^Array\(Map\(/.test(type))) {
    return [`${name} is of type ${type}`];
  }
  const wrong = rows.map((row) => row[place]).find((value) => !field.isRight(value));
  return wrong === undefined ? [] : [`${name} is ${JSON.stringify(wrong)}, not ${field.must}`];
}
