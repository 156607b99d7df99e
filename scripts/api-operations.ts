// The operations of the OpenAPI document, as the generators of the client and of docs/api.md take them.
import { openApiDocument } from '@ai-cost-profiler/collector/api/openapi.ts';
import type { JsonSchema } from './schema-to-typescript.ts';

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

interface DocumentedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'query' | 'path';
    readonly required: boolean;
    readonly description?: string;
    readonly schema: JsonSchema & { readonly default?: unknown };
  }[];
  readonly requestBody?: {
    readonly content: Content;
    readonly description?: string;
    readonly required?: boolean;
  };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >;
}

/** One operation of the document. */
export interface ApiOperation extends DocumentedOperation {
  readonly parameters: NonNullable<DocumentedOperation['parameters']>;
  /** Upper case. */
  readonly method: string;
  readonly path: string;
}

/** Every operation, in the order of the document. */
export function apiOperations(): readonly ApiOperation[] {
  const { paths } = openApiDocument('0') as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, one]) => ({
      ...one,
      parameters: one.parameters ?? [],
      method: method.toUpperCase(),
      path,
    })),
  );
}

/** The answer of success: its status, media type and schema. */
export function successOf({ responses, operationId }: ApiOperation) {
  const [status, response] = Object.entries(responses).find(([code]) => /^2/.test(code)) ?? [];
  if (status === undefined || response === undefined) {
    throw new Error(`${operationId} answers nothing: expected a response of status 2xx`);
  }
  const [type, media] = Object.entries(response.content ?? {})[0] ?? [];
  return { status, description: response.description, type, schema: media?.schema };
}
