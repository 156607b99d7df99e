import { describe, expect, it } from 'vitest';
import { inputMessages, OutputPieces } from './messages.ts';

const text = (content: string) => ({ type: 'text', content });

describe('what was asked, in the shape of the conventions', () => {
  it.each([
    ['a text', 'hello', [{ role: 'user', parts: [text('hello')] }]],
    ['a part', { text: 'hello' }, [{ role: 'user', parts: [text('hello')] }]],
    [
      'a conversation',
      [
        { role: 'user', parts: [{ text: 'hello' }] },
        { role: 'model', parts: [{ text: 'hm', thought: true }, { text: 'hi' }] },
      ],
      [
        { role: 'user', parts: [text('hello')] },
        { role: 'assistant', parts: [{ type: 'reasoning', content: 'hm' }, text('hi')] },
      ],
    ],
    [
      'a tool and its answer',
      [
        { role: 'model', parts: [{ functionCall: { name: 'f', args: { a: 1 } } }] },
        { role: 'user', parts: [{ functionResponse: { id: '7', name: 'f', response: {} } }] },
      ],
      [
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: null, name: 'f', arguments: { a: 1 } }],
        },
        { role: 'user', parts: [{ type: 'tool_call_response', id: '7', name: 'f', response: {} }] },
      ],
    ],
    [
      'media, without their bytes',
      [
        { inlineData: { mimeType: 'image/png', data: 'aW1n' } },
        { fileData: { mimeType: 'audio/mp3', fileUri: 'gs://b/a' } },
        { executableCode: { code: '1' } },
      ],
      [
        { role: 'user', parts: [{ type: 'blob', mime_type: 'image/png' }] },
        { role: 'user', parts: [{ type: 'uri', mime_type: 'audio/mp3', uri: 'gs://b/a' }] },
        { role: 'user', parts: [{ type: 'executableCode' }] },
      ],
    ],
    ['nothing', undefined, []],
  ])('reads %s', (_what, contents, messages) => {
    expect(inputMessages(contents)).toEqual(messages);
  });
});

describe('what was answered', () => {
  it('is put together from its pieces', () => {
    const output = new OutputPieces();
    output.note({ parts: [{ text: 'hm', thought: true }, { text: 'It is ' }] });
    output.note({ parts: [{ text: 'fine.' }] });
    output.note({ parts: [{ functionCall: { name: 'f' } }] });
    output.note(undefined);
    expect(output.told('stop')).toEqual({
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: 'hm' },
        text('It is fine.'),
        { type: 'tool_call', id: null, name: 'f', arguments: undefined },
      ],
      finish_reason: 'stop',
    });
  });
});
