import { describe, expect, it, test } from 'vitest';
import { readPromptText } from './prompt-messages.ts';
import { findPromptSource } from './prompt-sources.ts';

const wordsOf = (value: unknown): string[] =>
  readPromptText(typeof value === 'string' ? value : JSON.stringify(value)).map(
    ({ words }) => words,
  );

describe('the messages of a prompt', () => {
  test.each<[string, unknown, string[]]>([
    [
      'the GenAI conventions',
      [
        { role: 'system', parts: [{ type: 'text', content: 'Be kind.' }] },
        {
          role: 'user',
          parts: [
            { type: 'text', content: 'Hi' },
            { type: 'blob', data: 'AAAA' },
          ],
        },
      ],
      ['Be kind.', 'Hi'],
    ],
    ['Chat Completions', [{ role: 'user', content: 'Hi' }], ['Hi']],
    [
      'a request with its parts',
      { model: 'm', system: 'Be kind.', messages: [{ role: 'user', content: [{ text: 'Hi' }] }] },
      ['Be kind.', 'Hi'],
    ],
    [
      'Gemini',
      { contents: [{ role: 'user', parts: [{ text: 'Hi' }, { text: 'there' }] }] },
      ['Hi\nthere'],
    ],
    ['a plain text', 'How is it going?', ['How is it going?']],
    ['JSON that was cut off', '[{"role":"user","content":"Hi', ['[{"role":"user","content":"Hi']],
    ['JSON within JSON', JSON.stringify('[{"content":"Hi"}]'), ['Hi']],
    ['JSON that holds no message', '{}', ['']],
    ['nothing', '', []],
  ])('of %s', (_, value, words) => {
    expect(wordsOf(value)).toEqual(words);
  });

  it('differ where something differs that is not said in words', () => {
    const image = (data: string) => JSON.stringify([{ role: 'user', parts: [{ data }] }]);
    expect(readPromptText(image('AA'))[0]!.exact).not.toBe(readPromptText(image('AB'))[0]!.exact);
  });
});

describe('where the prompt is', () => {
  test.each<[string, string[], unknown]>([
    ['nowhere', ['gen_ai.request.model', 'gen_ai.prompt.name'], undefined],
    [
      'told as a fingerprint, whatever else is there',
      ['gen_ai.input.messages', 'aicost.prompt.boundaries', 'aicost.prompt.fingerprint'],
      { kind: 'told', fingerprint: 2, boundaries: 1 },
    ],
    [
      'in the conventions, instructions before messages',
      ['gen_ai.input.messages', 'x', 'gen_ai.system_instructions'],
      { kind: 'json', attributes: [2, 0] },
    ],
    ['in a key of an emitter', ['input.value'], { kind: 'json', attributes: [0] }],
    [
      'in numbered keys, by their numbers',
      ['gen_ai.prompt.1.content', 'gen_ai.prompt.0.role', 'gen_ai.prompt.0.content', 'input.value'],
      {
        kind: 'numbered',
        places: [
          { attribute: 1, message: 0, as: 'rest' },
          { attribute: 2, message: 0, as: 'words' },
          { attribute: 0, message: 1, as: 'words' },
        ],
      },
    ],
  ])('%s', (_, keys, source) => {
    expect(findPromptSource(keys)).toEqual(source);
  });
});
