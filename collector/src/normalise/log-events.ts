/**
 * Which log records are events of LLM calls, and by what name. Data: a new emitter is a new line. Sources: OTel GenAI
 * conventions (events); Claude Code monitoring docs; gemini-cli packages/core/src/telemetry/types.ts; codex-rs/otel.
 */
import { type AttributeList, VALUE } from '../decode/attribute-list.ts';
import type { LogView } from '../decode/log-view.ts';

interface LogEvent {
  readonly name: string;
  /** What `event.name` says where the name itself stands in the body, and in which scope. */
  readonly short?: { readonly name: string; readonly scope: string };
}

const LOG_EVENTS: readonly LogEvent[] = [
  { name: 'gen_ai.client.inference.operation.details' },
  {
    name: 'claude_code.api_request',
    short: { name: 'api_request', scope: 'com.anthropic.claude_code' },
  },
  { name: 'gemini_cli.api_response' },
  { name: 'codex.sse_event' },
];

/** The names under which log events stand in `spans`. */
export const LOG_EVENT_NAMES: readonly string[] = LOG_EVENTS.map(({ name }) => name);

const NAMES: ReadonlySet<string> = new Set(LOG_EVENT_NAMES);
const NAME_BYTES_MAX = 64;
/** Where emitters tell the session; the same names as attribution reads, so that both agree. */
const SESSION_NAMES = ['gen_ai.conversation.id', 'session.id', 'conversation.id'];

/**
 * The event's name, or undefined when the record is no event of an LLM call. Emitters write it into `event_name`, into
 * the attribute `event.name` or into the body, and a logging bridge may fill the first with a place in the source: the
 * first that is known counts.
 */
export function eventNameOf(view: LogView): string | undefined {
  const { attributes, body, scope } = view;
  if (view.eventNameEnd - view.eventNameStart <= NAME_BYTES_MAX) {
    const name = view.text(view.eventNameStart, view.eventNameEnd);
    if (NAMES.has(name)) return name;
  }
  const told = shortText(attributes, attributes.indexOf('event.name'));
  if (told !== undefined && NAMES.has(told)) return told;
  const text = shortText(body, body.count - 1);
  if (text !== undefined && NAMES.has(text)) return text;
  const scopeName = view.text(scope.nameStart, scope.nameEnd);
  return LOG_EVENTS.find(
    ({ short }) => short !== undefined && short.name === told && scopeName.startsWith(short.scope),
  )?.name;
}

/** The session that the event belongs to; '' when nothing tells it, or when it is only the id of its trace. */
export function sessionOf(view: LogView): string {
  const { attributes, resource } = view;
  const names = SESSION_NAMES.map((name) => attributes.valueText(attributes.indexOf(name)));
  const found =
    names.find((value) => value !== undefined && value !== '') ??
    resource.attributes.valueText(resource.attributes.indexOf('session.id')) ??
    '';
  const traceId = view.hex(view.traceIdStart, view.traceIdEnd);
  return found.replaceAll('-', '').toLowerCase() === traceId ? '' : found;
}

/** `service.name` of the record's resource. */
export function serviceOf({ resource: { attributes } }: LogView): string {
  return attributes.valueText(attributes.indexOf('service.name')) ?? '';
}

function shortText(list: AttributeList, i: number): string | undefined {
  const isShort =
    i >= 0 &&
    list.type[i] === VALUE.string &&
    list.valueEnd[i]! - list.valueStart[i]! <= NAME_BYTES_MAX;
  return isShort ? list.valueText(i) : undefined;
}
