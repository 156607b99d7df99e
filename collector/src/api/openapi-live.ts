// The part of the OpenAPI document about the live stream.
import { LIVE_EVENTS, LIVE_PARAMETERS } from '@ai-cost-profiler/queries/live/input.ts';
import { LIVE_PATH } from './live-routes.ts';
import { ANY_KEY, type Json, problemResponses, toSchema } from './openapi-paths.ts';

/** `filters` are the parameters by dimension, as every question has them. */
export function livePaths(filters: readonly Json[]): Json {
  const { description, ...schema } = toSchema(LIVE_PARAMETERS.shape.last_event_id, 'input');
  const id = { name: 'last_event_id', in: 'query', required: false, description, schema };
  const events = Object.entries(LIVE_EVENTS)
    .map(([type, event]) => `\`${type}\`: ${event.description ?? ''}`)
    .join('\n\n');
  return {
    [LIVE_PATH]: {
      get: {
        operationId: 'streamLive',
        summary: 'What happens right now, as server-sent events, until the client goes.',
        tags: ['live'],
        security: ANY_KEY,
        parameters: [id, ...filters],
        responses: {
          200: {
            description: `A line \`:\` every 15 s is a heartbeat. Of several collectors each tells what came in through it, and only the one that settles tells \`settled\` and \`alert\`. Events by their names:\n\n${events}`,
            content: {
              'text/event-stream': {
                schema: {
                  type: 'string',
                  description: 'The data of each event is JSON, of the schema with its name.',
                },
                'x-event-data': Object.fromEntries(
                  Object.entries(LIVE_EVENTS).map(([type, event]) => [
                    type,
                    toSchema(event, 'output'),
                  ]),
                ),
              },
            },
          },
          ...problemResponses([
            'parameter_invalid',
            'key_missing',
            'key_unknown',
            'scope_missing',
            'method_not_allowed',
            'too_many_streams',
            'overloaded',
            'internal',
          ]),
        },
      },
    },
  };
}
