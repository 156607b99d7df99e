import { describe, expect, it } from 'vitest';
import { InteractionReader } from './interactions.ts';

const client = {
  isVertexAI: () => false,
  getLocation: () => undefined,
  getBaseUrl: () => 'https://generativelanguage.googleapis.com/',
};
const SEARCHED = {
  total_input_tokens: 10,
  total_output_tokens: 5,
  total_thought_tokens: 3,
  total_tokens: 18,
  grounding_tool_count: [
    { type: 'google_maps', count: 9 },
    { type: 'google_search', count: 4 },
  ],
};

describe('an interaction', () => {
  it('tells what it used, and the searches as Google charges them', () => {
    const reader = new InteractionReader(client, { model: 'gemini-3.8-flash' });
    const { usage } = reader.readWhole({ id: 'i', status: 'completed', usage: SEARCHED });
    expect(usage).toMatchObject({ inputTokens: 10, outputTokens: 8, webSearches: 4 });
  });

  it('is named by its agent where it has no model', () => {
    const reader = new InteractionReader(client, { agent: 'deep-research-preview' });
    expect(reader.request.model).toBe('deep-research-preview');
  });

  it('tells no usage and no end while it is under way', () => {
    const reader = new InteractionReader(client, { model: 'gemini-3.8-flash' });
    const told = reader.readWhole({ id: 'i', status: 'in_progress' });
    expect(told).toMatchObject({ id: 'i', usage: undefined, finishReasons: undefined });
  });

  it('is told by the last event of a stream that holds it', () => {
    const reader = new InteractionReader(client, { model: 'gemini-3.8-flash', stream: true });
    reader.readChunk({ interaction: { id: 'i', status: 'in_progress' } });
    reader.readChunk({ event_type: 'step.delta' });
    reader.readChunk({ interaction: { id: 'i', status: 'completed', usage: SEARCHED } });
    expect(reader.readStreamed()).toMatchObject({
      id: 'i',
      finishReasons: ['completed'],
      usage: { outputTokens: 8 },
    });
  });
});
