/**
 * Calls of OpenAI's own tools within a response, which cost money beside the tokens. Source: OpenAI, "Pricing", tools:
 * a web search for each search action (opening and reading a page are none), a file search for each call, a code
 * interpreter for each container.
 */
import type { CallUsage } from '@ai-cost-profiler/core/usage.ts';
import type { ImageUsage } from './images.ts';
import { countOf, textOf } from './openai-call.ts';
import type { Remembered } from './remembered.ts';

export interface OutputItem {
  readonly type?: unknown;
  readonly action?: { readonly type?: unknown } | null;
  readonly container_id?: unknown;
  readonly [more: string]: unknown;
}

/** Newer answers count themselves. */
export interface ToolUsage {
  readonly web_search?: { readonly num_requests?: unknown } | null;
  readonly image_gen?: ImageUsage | null;
}

export class BuiltInTools {
  /** Counted before, by this process: a container goes on from response to response. */
  private readonly counted: Remembered;
  private readonly containers = new Set<string>();
  private webSearches = 0;
  private fileSearches = 0;

  constructor(counted: Remembered) {
    this.counted = counted;
  }

  /** The items come once more, all of them. */
  begin(): void {
    this.containers.clear();
    this.webSearches = 0;
    this.fileSearches = 0;
  }

  add({ type, action, container_id: container }: OutputItem): void {
    if (type === 'web_search_call') {
      if ((action?.type ?? 'search') === 'search') this.webSearches += 1;
    } else if (type === 'file_search_call') this.fileSearches += 1;
    else if (type === 'code_interpreter_call' && typeof container === 'string') {
      this.containers.add(container);
    }
  }

  /** Only what was called. Containers are counted with this, once. */
  usage(told: ToolUsage | null | undefined): CallUsage {
    const newContainers = [...this.containers].filter((container) => this.counted.add(container));
    const searches = countOf(told?.web_search?.num_requests) ?? this.webSearches;
    return {
      webSearches: searches || undefined,
      fileSearches: this.fileSearches || undefined,
      codeSessions: newContainers.length || undefined,
    };
  }
}

/** The model that makes the images of a response. */
export function imageModel(tools: readonly unknown[] | null | undefined): string | undefined {
  const named = tools as readonly { type?: unknown; model?: unknown }[] | null | undefined;
  return textOf(named?.find(({ type }) => type === 'image_generation')?.model);
}

interface SearchTool {
  readonly type?: unknown;
  readonly search_context_size?: unknown;
}

/** How much each search reads, on which its price depends for some models. */
export function searchContextSize(
  tools: readonly unknown[] | null | undefined,
): string | undefined {
  const search = (tools as readonly SearchTool[] | null | undefined)?.find(
    ({ type }) => typeof type === 'string' && type.startsWith('web_search'),
  );
  return textOf(search?.search_context_size);
}
