import { describe, expect, it } from 'vitest';
import { SearchCount } from './grounding.ts';

const QUERIES = ['oslo weather', '', 'oslo rain', 'oslo weather'];

describe('the searches that Google charges for', () => {
  it.each([
    ['gemini-3-flash-preview', 2],
    ['gemini-3.8-flash', 2],
    ['gemini-flash-latest', 2],
    [undefined, 2],
    ['gemini-2.5-pro', 1],
    ['gemini-2.0-flash-001', 1],
    ['google/gemini-2.5-flash', 1],
    ['gemini-1.5-pro', 1],
  ])('with %s are %i of two distinct queries', (model, charged) => {
    const searches = new SearchCount();
    searches.note({ webSearchQueries: QUERIES });
    expect(searches.charged(model)).toBe(charged);
  });

  it('are counted once where the pieces of a stream repeat them', () => {
    const searches = new SearchCount();
    for (let piece = 0; piece < 3; piece += 1) searches.note({ webSearchQueries: QUERIES });
    searches.note({ imageSearchQueries: ['oslo at night'] });
    expect(searches.charged('gemini-3-pro')).toBe(3);
  });

  it.each([[{}], [{ webSearchQueries: [] }], [{ webSearchQueries: [''] }]])(
    'are unknown where %j is told',
    (grounding) => {
      const searches = new SearchCount();
      searches.note(grounding);
      expect(searches.charged('gemini-3-pro')).toBeUndefined();
    },
  );
});
