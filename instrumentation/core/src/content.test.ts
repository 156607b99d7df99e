import type { Attributes } from '@opentelemetry/api';
import { describe, expect, it, vi } from 'vitest';
import { Content, type ContentOptions, type Prompt } from './content.ts';

const KEY = 'a secret of 16 bytes at least';
const PROMPT: Prompt = {
  system: [{ type: 'text', content: 'Be kind.' }],
  messages: [{ role: 'user', parts: [{ type: 'text', content: 'How is the weather today?' }] }],
};
const ANSWER = [
  { role: 'assistant', parts: [{ type: 'text', content: 'Fine.' }], finish_reason: 'stop' },
];

function told(options: ContentOptions, prompt: Prompt = PROMPT): Attributes {
  const attributes: Attributes = {};
  const content = new Content(options);
  content.fillPrompt(attributes, () => prompt);
  content.fillOutput(attributes, () => ANSWER);
  return attributes;
}

describe('what is told of what was said', () => {
  it('is nothing, unless somebody asks, and nothing is read for it', () => {
    const read = vi.fn(() => PROMPT);
    new Content({}).fillPrompt({}, read);
    expect(read).not.toHaveBeenCalled();
    expect(told({})).toEqual({});
    expect(told({ content: 'off' })).toEqual({});
  });

  it('is all of it, in the JSON of the conventions, when it is on', () => {
    const attributes = told({ content: 'on' });
    expect(Object.keys(attributes).toSorted()).toEqual([
      'gen_ai.input.messages',
      'gen_ai.output.messages',
      'gen_ai.system_instructions',
    ]);
    const parsed = (name: string) => JSON.parse(attributes[name] as string) as unknown;
    expect(parsed('gen_ai.input.messages')).toEqual(PROMPT.messages);
    expect(parsed('gen_ai.output.messages')).toEqual(ANSWER);
    expect(parsed('gen_ai.system_instructions')).toEqual(PROMPT.system);
  });

  it('is a fingerprint of the prompt, and nothing of the answer, when that is asked for', () => {
    const attributes = told({ content: 'fingerprint', fingerprintKey: KEY });
    expect(Object.keys(attributes).toSorted()).toEqual([
      'aicost.prompt.boundaries',
      'aicost.prompt.fingerprint',
    ]);
    expect(attributes['aicost.prompt.boundaries']).toMatch(/^\S+ \S+$/);
  });

  it('has boundaries for tools, and for what is no text', () => {
    const image = { type: 'blob', modality: 'image', content: 'iVBORw0KGgo' };
    const prompt = { tools: [{ name: 't' }], messages: [{ role: 'user', parts: [image] }] };
    const attributes = told({ content: 'fingerprint', fingerprintKey: KEY }, prompt);
    expect(attributes).not.toHaveProperty(['aicost.prompt.fingerprint']);
    expect(attributes['aicost.prompt.boundaries']).toMatch(/^\S+ \S+$/);
  });

  it.each([undefined, 'short'])('is nothing where the key of fingerprints is %s', (key) => {
    expect(told({ content: 'fingerprint', fingerprintKey: key })).toEqual({});
  });

  it('breaks no call where it cannot be read', () => {
    const attributes = {};
    const broken = (): never => {
      throw new Error('of ours');
    };
    new Content({ content: 'on' }).fillPrompt(attributes, broken);
    new Content({ content: 'on' }).fillOutput(attributes, broken);
    expect(attributes).toEqual({});
  });
});
