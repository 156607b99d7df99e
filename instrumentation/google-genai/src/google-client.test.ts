import { describe, expect, it } from 'vitest';
import { modelName, regionOf, requestOf } from './google-client.ts';

const client = (isVertex: boolean, location?: string) => ({
  isVertexAI: () => isVertex,
  getLocation: () => location,
  getBaseUrl: () => 'https://generativelanguage.googleapis.com/',
});
const FULL = 'projects/p/locations/asia-east1/publishers/google/models/gemini-2.5-pro';

describe('a call of @google/genai', () => {
  it.each([
    ['gemini-2.5-pro', 'gemini-2.5-pro'],
    ['models/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['publishers/meta/models/llama-3.1-405b-instruct-maas', 'llama-3.1-405b-instruct-maas'],
    [FULL, 'gemini-2.5-pro'],
    ['google/gemini-2.5-pro', 'google/gemini-2.5-pro'],
    ['tunedModels/123', 'tunedModels/123'],
    ['projects/p/locations/l/endpoints/9', 'projects/p/locations/l/endpoints/9'],
    [undefined, undefined],
  ])('names the model of %s', (given, named) => {
    expect(modelName(given)).toBe(named);
  });

  it.each([
    ['the Gemini API has none', client(false, 'europe-west4'), 'gemini-2.5-pro', undefined],
    ['the client has it', client(true, 'europe-west4'), 'gemini-2.5-pro', 'europe-west4'],
    ['the model has it', client(true, 'europe-west4'), FULL, 'asia-east1'],
    ['an API key alone tells none', client(true), 'gemini-2.5-pro', undefined],
  ])('knows its region: %s', (_what, apiClient, model, region) => {
    expect(regionOf({ apiClient, params: { model } })).toBe(region);
  });

  it('goes where the call itself says', () => {
    const config = { httpOptions: { baseUrl: 'http://127.0.0.1:8080' } };
    const request = requestOf('generate_content', {
      apiClient: client(false),
      params: { model: 'gemini-2.5-pro', config },
    });
    expect(request.attributes).toEqual({ 'server.address': '127.0.0.1', 'server.port': 8080 });
  });
});
