/**
 * Anthropic's blocks of content as parts of messages in the GenAI conventions, for who asks for content. Media are
 * named, and their bytes left out.
 */
import type {
  Message,
  MessagePart,
  OutputMessage,
  Prompt,
} from '@ai-cost-profiler/core/content.ts';
import type { ContentBlock, MessageRequest } from './message-shapes.ts';

export function promptOf({ system, messages = [], tools }: MessageRequest): Prompt {
  return {
    tools,
    system: system === undefined ? undefined : partsOf(system),
    messages: messages.map(({ role, content }) => messageOf(role, partsOf(content))),
  };
}

/** Results of tools have a role of their own in the conventions; Anthropic gives them the user's. */
function messageOf(role: string, parts: readonly MessagePart[]): Message {
  const isOfTools = parts.length > 0 && parts.every(({ type }) => type === 'tool_call_response');
  return { role: isOfTools ? 'tool' : role, parts };
}

export function outputOf(
  content: readonly ContentBlock[],
  stopReason: string | null | undefined,
): OutputMessage[] {
  return [{ role: 'assistant', parts: partsOf(content), finish_reason: stopReason ?? '' }];
}

function partsOf(content: string | readonly ContentBlock[]): MessagePart[] {
  return typeof content === 'string' ? [{ type: 'text', content }] : content.map(partOf);
}

function partOf(block: ContentBlock): MessagePart {
  const { type, id, name, input } = block;
  switch (type) {
    case 'text':
      return { type, content: block['text'] };
    case 'thinking':
      return { type: 'reasoning', content: block['thinking'] };
    case 'tool_use':
      return { type: 'tool_call', id, name, arguments: input };
    case 'server_tool_use':
      return {
        type: 'server_tool_call',
        id,
        name,
        server_tool_call: { type: name, arguments: input },
      };
    case 'tool_result':
      return { type: 'tool_call_response', id: block['tool_use_id'], response: responseOf(block) };
    case 'image':
    case 'document':
      return mediaPart(block);
    default:
      return withoutBytes(block);
  }
}

/** A text, or blocks, among which may be images. */
function responseOf({ content }: ContentBlock): unknown {
  return Array.isArray(content) ? partsOf(content as readonly ContentBlock[]) : content;
}

/** Inline data goes as a `blob`, what is elsewhere as a `uri` or a `file`. */
function mediaPart(block: ContentBlock): MessagePart {
  const source = (block['source'] ?? {}) as { readonly [member: string]: unknown };
  const mime_type = source['media_type'];
  const modality = block.type;
  switch (source['type']) {
    case 'base64':
      return { type: 'blob', modality, mime_type };
    case 'url':
      return { type: 'uri', modality, mime_type, uri: source['url'] };
    case 'file':
      return { type: 'file', modality, mime_type, file_id: source['file_id'] };
    default:
      return withoutBytes(block);
  }
}

/** A block as it is, but for the bytes in whatever it holds, such as a document that is made of blocks. */
const withoutBytes = (block: ContentBlock): MessagePart =>
  JSON.parse(
    JSON.stringify(block, (_name, value) =>
      value?.type === 'base64' ? { ...value, data: undefined } : value,
    ),
  );
