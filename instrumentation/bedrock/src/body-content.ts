/** What stands in the bodies of InvokeModel as content, by the fields that hold it. */
import type { Prompt } from '@ai-cost-profiler/core/content.ts';
import { type GivenMessage, inputMessages, partsOf } from './messages.ts';

interface AskedBody {
  readonly messages?: readonly GivenMessage[];
  readonly system?: unknown;
  readonly tools?: readonly unknown[];
  /** Nova. */
  readonly toolConfig?: { readonly tools?: readonly unknown[] };
  /** Llama and Mistral; Titan; Cohere. */
  readonly prompt?: unknown;
  readonly inputText?: unknown;
  readonly message?: unknown;
}

export function promptOfBody(body: unknown): Prompt {
  const { messages, system, tools, toolConfig, prompt, inputText, message } = body as AskedBody;
  const text = [prompt, inputText, message].find((given) => typeof given === 'string');
  return {
    tools: tools ?? toolConfig?.tools,
    system: partsOf(system),
    messages: inputMessages(messages ?? [{ role: 'user', content: text }]),
  };
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

/** The blocks that a body, or a piece of a stream, adds to the answer. */
export function blocksOfBody(body: unknown): readonly unknown[] {
  const told = body as AnsweredBody;
  const blocks = told.content ?? told.output?.message?.content;
  if (Array.isArray(blocks)) return blocks;
  const text = textOf(told);
  return text === undefined ? [] : [{ text }];
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
