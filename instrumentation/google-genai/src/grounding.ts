/**
 * Searches of Google Search that a call is charged for. From Gemini 3 on each distinct query that is not empty; before,
 * the prompt, once, however many searches it took. Sources: ai.google.dev/gemini-api/docs/google-search, "Pricing";
 * Vertex AI pricing, "Grounding with Google Search".
 */

/** What of a candidate is read; the queries are only counted. */
export interface Grounding {
  readonly webSearchQueries?: readonly string[];
  readonly imageSearchQueries?: readonly string[];
}

/** The queries of one call, kept while it lasts: the pieces of a stream may repeat them. */
export class SearchCount {
  private readonly queries = new Set<string>();

  note({ webSearchQueries, imageSearchQueries }: Grounding): void {
    for (const query of webSearchQueries ?? []) this.queries.add(query);
    for (const query of imageSearchQueries ?? []) this.queries.add(query);
    this.queries.delete('');
  }

  /** What is charged; undefined where nothing was searched. */
  charged(model: string | undefined): number | undefined {
    if (this.queries.size === 0) return undefined;
    return isChargedByPrompt(model) ? 1 : this.queries.size;
  }
}

/** Whether searches are charged once a prompt. */
export const isChargedByPrompt = (model: string | undefined): boolean =>
  model !== undefined && /gemini-[12](\.|-|$)/.test(model);
