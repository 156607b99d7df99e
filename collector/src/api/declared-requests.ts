// Refuses what an operation does not declare: parameters that nobody would read, and bodies where none is taken. A
// misspelt or misplaced `dry_run` would else be no dry run, and a misspelt filter a larger answer.
// Invariant: what is declared is what the OpenAPI document says, read from the document itself: there is no other list.
import { InputProblem } from '@ai-cost-profiler/queries/input-problem.ts';
import { unknownParameter } from '@ai-cost-profiler/queries/parameters.ts';
import { type Request, type RequestHandler, Router } from 'express';
import { z } from 'zod';
import type { Json } from './openapi-paths.ts';
import { parametersOf } from './parameters-of.ts';
import { hasRightKey } from './read-fence.ts';

/** What of an operation of the document says how it may be asked. */
const OPERATION = z.object({
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.enum(['path', 'query']),
        schema: z.object({ propertyNames: z.object({ pattern: z.string() }).optional() }),
      }),
    )
    .default([]),
  requestBody: z.unknown().optional(),
});
const DOCUMENT = z.object({
  paths: z.record(z.string(), z.partialRecord(z.enum(['get', 'post', 'put', 'delete']), OPERATION)),
});

type Operation = z.output<typeof OPERATION>;

/**
 * For every operation under /api of the document, behind the fence. Express finds the operation as it finds the route,
 * so that no spelling of a path comes past. Who has no right key is told that by the route, and nothing else.
 */
export function declaredRequests(document: Json): Router {
  const router = Router();
  for (const [path, item] of Object.entries(DOCUMENT.parse(document).paths)) {
    if (!path.startsWith('/api/')) continue;
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const method of ['get', 'post', 'put', 'delete'] as const) {
      const operation = item[method];
      if (operation !== undefined) route[method](refuseUndeclared(operation));
    }
    // Express would answer OPTIONS here itself, before the route says that it is no method of it.
    route.all((_request, _response, next) => next());
  }
  return router;
}

function refuseUndeclared(operation: Operation): RequestHandler {
  const declared = operation.parameters.filter((one) => one.in === 'query');
  // An object's members are parameters of their own names: the filters by tag.
  const [members, named] = [declared.filter(isObject), declared.filter((one) => !isObject(one))];
  const names = named.map(({ name }) => name);
  const patterns = members.map(({ schema }) => new RegExp(schema.propertyNames!.pattern));
  const isDeclared = (name: string) =>
    names.includes(name) || patterns.some((pattern) => pattern.test(name));
  const shown = members.length === 0 ? names : [...names, 'tag.<key>'];
  return (request, response, next) => {
    if (hasRightKey(response)) {
      const given = parametersOf(request);
      const issues = [...new Set(given.keys())]
        .filter((name) => !isDeclared(name))
        .map((name) => unknownParameter(name, given.get(name), shown));
      if (issues.length > 0) throw new InputProblem(issues);
      if (operation.requestBody === undefined) refuseBody(request);
    }
    next();
  };
}

const isObject = ({ schema }: Operation['parameters'][number]): boolean =>
  schema.propertyNames !== undefined;

/** Its bytes are not read: that there are some is told by the head. */
function refuseBody({ headers }: Request): void {
  const isChunked = headers['transfer-encoding'] !== undefined;
  const bytes = headers['content-length'] ?? '0';
  if (!isChunked && Number(bytes) === 0) return;
  const value = isChunked ? 'chunked' : `${bytes} bytes`;
  throw new InputProblem([{ field: 'the body', value, expected: 'none: nothing of it is read' }]);
}
