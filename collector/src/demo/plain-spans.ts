/**
 * Spans around LLM calls, as HTTP, database and queue instrumentations write them. Source of the names:
 * github.com/open-telemetry/semantic-conventions 1.44.
 */
import type { Scene } from './scene.ts';
import {
  after,
  alone,
  around,
  type SpanAttributes,
  type SpanFields,
  type Step,
} from './span-spec.ts';

const OWN_MS = 2;

/** A request as the service that answers it sees it. */
export function httpServer(
  scene: Scene,
  method: string,
  route: string,
  steps: readonly Step[],
): Step {
  const fields: SpanFields = {
    service: scene.service,
    name: `${method} ${route}`,
    kind: 'server',
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': 200,
      'url.scheme': 'https',
      'server.address': `${scene.service}.acme.example`,
    },
  };
  return around(fields, OWN_MS + scene.random.whole(0, 4), steps);
}

/** A request as its sender sees it, around what the other service does. */
export function httpClient(
  scene: Scene,
  method: string,
  host: string,
  steps: readonly Step[],
): Step {
  const fields: SpanFields = {
    service: scene.service,
    name: method,
    kind: 'client',
    attributes: {
      'http.request.method': method,
      'http.response.status_code': 200,
      'server.address': host,
      'server.port': 443,
    },
  };
  return around(fields, OWN_MS + scene.random.whole(0, 6), steps);
}

/** A request to a service that sends no spans itself. */
export function httpCall(scene: Scene, method: string, host: string, typicalMs: number): Step {
  return (atMs) => {
    const span = httpClient(scene, method, host, [])(atMs);
    return { ...span, endMs: span.startMs + scene.random.around(typicalMs) };
  };
}

/** A statement sent to a database. `what` is its summary, such as `SELECT orders`: never its values. */
export function database(scene: Scene, system: string, what: string, typicalMs: number): Step {
  const [operation = what, table = ''] = what.split(' ');
  const attributes: SpanAttributes = {
    'db.system.name': system,
    'db.operation.name': operation,
    'db.collection.name': table,
    'db.query.summary': what,
    'server.address': `${system}.internal.acme.example`,
  };
  const fields: SpanFields = { service: scene.service, name: what, kind: 'client', attributes };
  return after(1, alone(fields, scene.random.around(typicalMs)));
}

/** A message taken from a queue. */
export function queueConsumer(scene: Scene, queue: string, steps: readonly Step[]): Step {
  const fields: SpanFields = {
    service: scene.service,
    name: `process ${queue}`,
    kind: 'consumer',
    attributes: {
      'messaging.system': 'aws_sqs',
      'messaging.destination.name': queue,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
    },
  };
  return around(fields, OWN_MS, steps);
}
