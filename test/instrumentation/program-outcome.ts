/** What a program of this folder tells of one scenario: what the application got, and the spans that were made. */
import { expect } from 'vitest';
import type { RecordedSpan } from './recorded-spans.ts';

export interface Outcome {
  readonly result?: unknown;
  readonly error?: { readonly name: string; readonly status?: number; readonly isOwn: boolean };
  readonly spans: readonly RecordedSpan[];
}

/** The span of a scenario that makes one. */
export function onlySpan({ spans }: Outcome): RecordedSpan {
  expect(spans).toHaveLength(1);
  return spans[0]!;
}

/** Its attributes that tell usage. */
export const usageOf = ({ attributes }: RecordedSpan) =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => name.includes('.usage.')));
