import { describe, expect, it } from 'vitest';
import { blocksOfBody, promptOfBody } from './body-content.ts';
import { OutputPieces } from './messages.ts';

const text = (content: string) => ({ type: 'text', content });

describe('what was asked, in the body of a model', () => {
  it.each([
    [
      'the messages of Anthropic',
      { messages: [{ role: 'user', content: 'hello' }], system: 'Be short.' },
    ],
    [
      'the messages of Nova',
      {
        messages: [{ role: 'user', content: [{ text: 'hello' }] }],
        system: [{ text: 'Be short.' }],
      },
    ],
  ])('is read from %s', (_what, body) => {
    const { messages, system } = promptOfBody(body);
    expect(messages).toEqual([{ role: 'user', parts: [text('hello')] }]);
    expect(system).toEqual([text('Be short.')]);
  });

  it.each([[{ prompt: 'hello' }], [{ inputText: 'hello' }], [{ message: 'hello' }]])(
    'is read from %j',
    (body) => {
      expect(promptOfBody(body).messages).toEqual([{ role: 'user', parts: [text('hello')] }]);
    },
  );
});

describe('what was answered', () => {
  it.each([
    [{ generation: 'fine' }],
    [{ outputText: 'fine' }],
    [{ text: 'fine' }],
    [{ results: [{ outputText: 'fine' }] }],
    [{ outputs: [{ text: 'fine' }] }],
    [{ choices: [{ message: { content: 'fine' } }] }],
    [{ choices: [{ delta: { content: 'fine' } }] }],
    [{ delta: { type: 'text_delta', text: 'fine' } }],
    [{ contentBlockDelta: { delta: { text: 'fine' } } }],
  ])('is read from %j', (body) => {
    expect(blocksOfBody(body)).toEqual([{ text: 'fine' }]);
  });

  it('is put together from its pieces, tools and thoughts too', () => {
    const output = new OutputPieces();
    output.note([{ reasoningContent: { text: 'hm' } }]);
    output.note([{ text: 'It is ' }]);
    output.note([{ text: 'fine.' }]);
    output.note([{ toolUse: { toolUseId: '7', name: 'weather' } }]);
    output.note([{ toolUse: { input: '{"city":' } }]);
    output.note([{ toolUse: { input: '"Oslo"}' } }]);
    output.note([{ image: { format: 'png' } }]);
    expect(output.told('tool_use')).toEqual({
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: 'hm' },
        text('It is fine.'),
        { type: 'tool_call', id: '7', name: 'weather', arguments: '{"city":"Oslo"}' },
        { type: 'image' },
      ],
      finish_reason: 'tool_use',
    });
  });
});
