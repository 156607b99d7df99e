/**
 * A prompt as it was told → its messages. Emitters write many shapes of JSON; what is common is a list of messages
 * with texts somewhere below `content`, `parts` or `text`. What is not understood is one message of plain text: it is
 * compared all the same.
 */
import { elementsOf } from './array-elements.ts';
import type { PromptMessage } from './prompt-sketch.ts';

/** Members that hold what was said; all others of a message are only the same or not. */
const SAID = new Set(['content', 'contents', 'parts', 'text', 'input', 'value', 'prompt']);
/** Members of a request that hold messages, in the order in which they count for a cache. */
const LISTS = [
  'tools',
  'system',
  'system_instruction',
  'instructions',
  'messages',
  'contents',
  'items',
  'input',
];
/** Nesting beyond this is not followed. */
const DEPTH_MAX = 8;

export function readPromptText(text: string): PromptMessage[] {
  const begin = /^\s*([[{"])/.exec(text)?.[1];
  if (begin === undefined) return plain(text);
  try {
    const value: unknown = JSON.parse(text);
    const messages = Array.isArray(value) ? listed(value, text) : messagesIn(value, 0);
    return messages.length === 0 ? plain(text) : messages;
  } catch {
    // Cut off by the emitter, or no JSON at all.
    return plain(text);
  }
}

/** A list of messages, each as it stands in the text: to write it anew takes three times as long. */
function listed(values: readonly unknown[], text: string): PromptMessage[] {
  if (values.some((value) => Array.isArray(value))) return messagesIn(values, 0);
  const exact = elementsOf(text);
  return values.map((value, at) => ({ words: wordsIn(value), exact: exact[at]! }));
}

const plain = (text: string): PromptMessage[] =>
  text === '' ? [] : [{ words: text, exact: text }];

function messagesIn(value: unknown, depth: number): PromptMessage[] {
  if (typeof value === 'string') return depth === 0 ? readNested(value) : plain(value);
  if (Array.isArray(value)) return value.flatMap((one) => messageOf(one));
  if (!isRecord(value) || depth > DEPTH_MAX) return [];
  const listed = LISTS.filter((name) => value[name] !== undefined && value[name] !== null);
  return listed.length > 0 && !('role' in value)
    ? listed.flatMap((name) => messagesIn(value[name], depth + 1))
    : messageOf(value);
}

/** JSON within JSON. */
const readNested = (text: string): PromptMessage[] =>
  /^\s*[[{]/.test(text) ? readPromptText(text) : plain(text);

function messageOf(value: unknown): PromptMessage[] {
  if (Array.isArray(value)) return value.flatMap((one) => messageOf(one));
  return [{ words: wordsIn(value), exact: JSON.stringify(value) ?? '' }];
}

function wordsIn(value: unknown): string {
  const words: string[] = [];
  collectWords(value, words, 0);
  return words.length === 1 ? words[0]! : words.join('\n');
}

function collectWords(value: unknown, words: string[], depth: number): void {
  if (typeof value === 'string') words.push(value);
  else if (depth > DEPTH_MAX) return;
  else if (Array.isArray(value)) for (const one of value) collectWords(one, words, depth + 1);
  else if (isRecord(value)) {
    for (const name of Object.keys(value)) {
      if (SAID.has(name)) collectWords(value[name], words, depth + 1);
    }
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
