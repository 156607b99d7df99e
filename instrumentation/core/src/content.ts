/**
 * What of the words themselves is told: nothing, unless somebody asks. In the JSON of the GenAI conventions
 * (semantic-conventions-genai at 024a4f9, gen-ai-input-messages.json), or as a fingerprint that cannot be read back.
 */
import type { Attributes } from '@opentelemetry/api';
import { Fingerprinter, type SaidMessage } from './fingerprint.ts';
import { safely, warnOnce } from './host-safety.ts';
import {
  ATTR_AICOST_PROMPT_BOUNDARIES,
  ATTR_AICOST_PROMPT_FINGERPRINT,
  ATTR_GEN_AI_INPUT_MESSAGES,
  ATTR_GEN_AI_OUTPUT_MESSAGES,
  ATTR_GEN_AI_SYSTEM_INSTRUCTIONS,
} from './semconv.ts';

/** `off`: nothing. `on`: the messages. `fingerprint`: whether prompts are alike, and nothing else of them. */
export type ContentMode = 'off' | 'on' | 'fingerprint';

export interface ContentOptions {
  /**
   * What is told of prompts and answers. Default: `off`. `@ai-cost-profiler/node` sets `on` where
   * `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is `true`.
   */
  readonly content?: ContentMode | undefined;
  /**
   * The secret of fingerprints, at least 16 bytes: prompts of applications with the same secret can be compared, and
   * nobody without it can try out what a prompt may have been. Without one there are no fingerprints.
   */
  readonly fingerprintKey?: string | undefined;
}

/** A part of a message: `text`, `tool_call`, `tool_call_response`, `blob`, … with what its type has. */
export interface MessagePart {
  readonly type: string;
  readonly content?: unknown;
  readonly [member: string]: unknown;
}

export interface Message {
  readonly role: string;
  readonly parts: readonly MessagePart[];
}

export interface OutputMessage extends Message {
  readonly finish_reason: string;
}

/** What goes to a model, in the order in which it counts for a cache: tools, system, messages. */
export interface Prompt {
  readonly tools?: readonly unknown[] | undefined;
  readonly system?: readonly MessagePart[] | undefined;
  readonly messages: readonly Message[];
}

export class Content {
  private readonly isOn: boolean;
  private readonly fingerprinter: Fingerprinter | undefined;

  constructor({ content = 'off', fingerprintKey }: ContentOptions) {
    this.isOn = content === 'on';
    this.fingerprinter = content === 'fingerprint' ? fingerprinterOf(fingerprintKey) : undefined;
  }

  /** Whether answers are told: what is streamed is kept for it. */
  get tellsOutput(): boolean {
    return this.isOn;
  }

  /** Fills in what is to be told of a prompt, which is read only then. */
  fillPrompt(attributes: Attributes, read: () => Prompt): void {
    if (!this.isOn && this.fingerprinter === undefined) return;
    safely('telling a prompt', () => {
      const prompt = read();
      if (this.fingerprinter === undefined) fillMessages(attributes, prompt);
      else fillFingerprint(attributes, prompt, this.fingerprinter);
    });
  }

  fillOutput(attributes: Attributes, read: () => readonly OutputMessage[]): void {
    if (!this.isOn) return;
    safely('telling an answer', () => {
      attributes[ATTR_GEN_AI_OUTPUT_MESSAGES] = JSON.stringify(read());
    });
  }
}

/** What the options of the moment say: instrumentations may be given others while they run. */
export function followedContent(options: () => ContentOptions): () => Content {
  let known: ContentOptions | undefined;
  let content = new Content({});
  return () => {
    const now = options();
    if (now !== known) content = new Content(now);
    known = now;
    return content;
  };
}

function fingerprinterOf(key: string | undefined): Fingerprinter | undefined {
  const made =
    key === undefined ? undefined : safely('reading a key', () => new Fingerprinter(key));
  if (made === undefined) {
    warnOnce("content 'fingerprint' needs a fingerprintKey of at least 16 bytes: nothing is told");
  }
  return made;
}

function fillMessages(attributes: Attributes, { system = [], messages }: Prompt): void {
  attributes[ATTR_GEN_AI_INPUT_MESSAGES] = JSON.stringify(messages);
  if (system.length > 0) attributes[ATTR_GEN_AI_SYSTEM_INSTRUCTIONS] = JSON.stringify(system);
}

function fillFingerprint(
  attributes: Attributes,
  { tools = [], system = [], messages }: Prompt,
  fingerprinter: Fingerprinter,
): void {
  const said: SaidMessage[] = messages.map(({ role, parts }) => saidIn(role, parts));
  if (system.length > 0) said.unshift(saidIn('system', system));
  if (tools.length > 0) said.unshift({ role: 'tools', words: '', rest: JSON.stringify(tools) });
  const { fingerprint, boundaries } = fingerprinter.of(said);
  if (fingerprint !== undefined) attributes[ATTR_AICOST_PROMPT_FINGERPRINT] = fingerprint;
  if (boundaries !== undefined) attributes[ATTR_AICOST_PROMPT_BOUNDARIES] = boundaries;
}

/** Texts are words; what else there is, such as images and tool calls, is only the same or not. */
function saidIn(role: string, parts: readonly MessagePart[]): SaidMessage {
  const isText = ({ type, content }: MessagePart) => type === 'text' && typeof content === 'string';
  const words = parts.filter(isText).map(({ content }) => content);
  const rest = parts.filter((part) => !isText(part));
  return { role, words: words.join('\n'), rest: rest.length === 0 ? '' : JSON.stringify(rest) };
}
