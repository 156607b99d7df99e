/** What stands in the bodies of InvokeModel as content, by the fields that hold it. */
import { ATTR_GEN_AI_OUTPUT_MESSAGES } from '@ai-cost-profiler/core/semconv.ts';
import type { Attributes } from '@opentelemetry/api';
import { contentOfInput, contentOfPrompt, OutputMessage } from './messages.ts';

interface AskedBody {
  readonly messages?: readonly { readonly role?: string; readonly content?: unknown }[];
  readonly system?: unknown;
  /** Llama and Mistral; Titan; Cohere. */
  readonly prompt?: unknown;
  readonly inputText?: unknown;
  readonly message?: unknown;
}

export function contentOfBody(body: unknown): Attributes {
  const { messages, system, prompt, inputText, message } = body as AskedBody;
  if (messages !== undefined) return contentOfInput({ messages, system });
  const text = [prompt, inputText, message].find((given) => typeof given === 'string');
  return text === undefined ? {} : contentOfPrompt(text as string);
}

interface AnsweredBody {
  /** Anthropic; Nova. */
  readonly content?: unknown;
  readonly output?: { readonly message?: { readonly content?: unknown } };
  readonly delta?: { readonly text?: unknown };
  readonly contentBlockDelta?: { readonly delta?: { readonly text?: unknown } };
  /** Llama; Titan; Cohere. */
  readonly generation?: unknown;
  readonly outputText?: unknown;
  readonly text?: unknown;
  readonly results?: readonly { readonly outputText?: unknown }[];
  readonly outputs?: readonly { readonly text?: unknown }[];
  readonly choices?: readonly {
    readonly message?: { readonly content?: unknown };
    readonly delta?: { readonly content?: unknown };
  }[];
}

/** The answer, put together from one body or the pieces of a stream. */
export class OutputOfBodies {
  private readonly output = new OutputMessage();

  note(body: unknown): void {
    const told = body as AnsweredBody;
    const blocks = told.content ?? told.output?.message?.content;
    if (Array.isArray(blocks)) this.output.note(blocks);
    const text = textOf(told);
    if (text !== undefined) this.output.note([{ text }]);
  }

  told(finishReason: string | undefined): Attributes {
    return { [ATTR_GEN_AI_OUTPUT_MESSAGES]: JSON.stringify([this.output.told(finishReason)]) };
  }
}

function textOf(told: AnsweredBody): string | undefined {
  const choice = told.choices?.[0];
  const places = [
    told.delta?.text,
    told.contentBlockDelta?.delta?.text,
    told.generation,
    told.outputText,
    told.text,
    told.results?.[0]?.outputText,
    told.outputs?.[0]?.text,
    choice?.message?.content,
    choice?.delta?.content,
  ];
  return places.find((place): place is string => typeof place === 'string');
}
