/**
 * Streams of chat completions tell no usage unless asked (`stream_options.include_usage`). We ask, except where the
 * server is known to refuse it, and remember which base URLs do.
 */
import type { AddedToRequest } from '@ai-cost-profiler/core/added-request.ts';
import { warnOnce } from '@ai-cost-profiler/core/host-safety.ts';
import type { RequestToSend, StainlessCall } from '@ai-cost-profiler/core/stainless-client.ts';
import type { ChatReader } from './chat.ts';

interface StreamRequest {
  readonly stream?: unknown;
  readonly stream_options?: { readonly include_usage?: unknown } | null;
  /** Azure's own: then it refuses `stream_options`. */
  readonly data_sources?: unknown;
}

interface AzureClient {
  readonly apiVersion?: unknown;
  readonly _options?: { readonly defaultQuery?: Readonly<Record<string, unknown>> | null };
}

/** The first of Azure's API versions with `stream_options`; those without a date are newer. */
const AZURE_SINCE = '2024-09-01';
const DATED = /^\d{4}-\d\d-\d\d/;
/** Of answers that a request with an unknown field gets. A failure of the server itself is none. */
const REFUSING: ReadonlySet<number> = new Set([400, 404, 415, 422]);
/** Of these the ones that mean the body, also where they do not say what of it. */
const BAD_BODY: ReadonlySet<number> = new Set([400, 422]);
const NAMES_OPTION = /stream_options|include_usage/;
/** These end each stream with its usage, asked or not. Source: OpenRouter, "Usage accounting". */
const TELLING_UNASKED: ReadonlySet<string> = new Set(['openrouter']);
/** It is known to take it: what it refuses is never sent twice. */
const OPENAI = 'https://api.openai.com/v1';
const BASE_URLS_MAX = 1000;

/** How servers took it, for the life of the process. */
export class UsageRequests {
  private readonly takes = new Map([[OPENAI, true]]);

  /** The request, asking for usage where that makes sense. */
  requestFor({ request, client }: StainlessCall, reader: ChatReader): RequestToSend {
    const body = request.body as StreamRequest;
    const { stream, stream_options: options } = body;
    const baseUrl = client.baseURL ?? '';
    const isPointless =
      stream !== true ||
      options?.include_usage === true ||
      Array.isArray(body.data_sources) ||
      TELLING_UNASKED.has(reader.request.provider);
    if (isPointless || this.takes.get(baseUrl) === false || isOldAzure(client)) return { request };
    const asking = { ...body, stream_options: { ...options, include_usage: true } };
    reader.isUsageAsked = true;
    return { request: { ...request, body: asking }, added: this.added(baseUrl, { body, reader }) };
  }

  private added(
    baseUrl: string,
    asked: { body: StreamRequest; reader: ChatReader },
  ): AddedToRequest {
    return {
      isRefusal: (status) => REFUSING.has(status),
      // Where it was taken before, only an answer that names it can mean it: other models may sit behind one URL.
      mayBeRefused: (status, text = '') =>
        NAMES_OPTION.test(text) || (BAD_BODY.has(status) && this.takes.get(baseUrl) !== true),
      removeFrom: (sent) => {
        const { stream_options: _, ...rest } = JSON.parse(sent) as Record<string, unknown>;
        const given = asked.body.stream_options;
        asked.reader.isUsageAsked = false;
        return JSON.stringify(given === undefined ? rest : { ...rest, stream_options: given });
      },
      taken: () => this.remember(baseUrl, true),
      refused: () => {
        this.remember(baseUrl, false);
        warnOnce(
          `${hostOf(baseUrl)} refuses stream_options.include_usage: what its streams use stays unknown`,
        );
      },
    };
  }

  private remember(baseUrl: string, isTaken: boolean): void {
    if (this.takes.size >= BASE_URLS_MAX) this.takes.clear();
    this.takes.set(baseUrl, isTaken);
  }
}

/** Nothing else of the URL, which may hold a secret. */
const hostOf = (baseUrl: string): string =>
  URL.canParse(baseUrl) ? new URL(baseUrl).host : 'a server';

function isOldAzure(client: unknown): boolean {
  const { apiVersion, _options: options } = client as AzureClient;
  const version = apiVersion ?? options?.defaultQuery?.['api-version'];
  return typeof version === 'string' && DATED.test(version) && version < AZURE_SINCE;
}
