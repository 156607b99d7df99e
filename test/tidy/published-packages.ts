/**
 * The packages that applications install: each folder of instrumentation/. What only an application uses is no dead
 * code there, and its entries may pass on what others declare, for an application imports one package and not six.
 */
import { WORKSPACES } from './source-tree.ts';

/** Their folders. */
export const PUBLISHED: readonly string[] = WORKSPACES.map(({ folder }) => folder).filter(
  (folder) => folder.startsWith('instrumentation/'),
);

/** What applications import: file → names. A file whose names others declare passes them on. */
export const PUBLIC_NAMES: Readonly<Record<string, readonly string[]>> = {
  'instrumentation/anthropic/src/anthropic-instrumentation.ts': ['instrumentAnthropic'],
  'instrumentation/bedrock/src/bedrock-instrumentation.ts': ['instrumentBedrock'],
  'instrumentation/core/src/attribution-span-processor.ts': ['AttributionSpanProcessor'],
  'instrumentation/core/src/attribution.ts': [
    'withAttribution',
    'Attribution',
    'AttributionOptions',
  ],
  'instrumentation/core/src/record-call.ts': [
    'recordCall',
    'recordToolCost',
    'RecordedCall',
    'RecordedToolCost',
  ],
  'instrumentation/core/src/traced-work.ts': ['tracedAgent', 'tracedTool', 'tracedWorkflow'],
  'instrumentation/google-genai/src/google-genai-instrumentation.ts': ['instrumentGoogleGenAI'],
  'instrumentation/node/src/public-api.ts': [
    'Attribution',
    'AttributionOptions',
    'AttributionSpanProcessor',
    'CallConditions',
    'CallUsage',
    'ContentOptions',
    'FlushOptions',
    'RecordedCall',
    'RecordedToolCost',
    'flush',
    'instrumentations',
    'recordCall',
    'recordToolCost',
    'tracedAgent',
    'tracedTool',
    'tracedWorkflow',
    'withAttribution',
    'withFlush',
  ],
  'instrumentation/openai/src/openai-instrumentation.ts': ['instrumentOpenAI'],
  // The client of the API, for programs in TypeScript.
  'queries/client/client.ts': ['ApiProblem', 'Client', 'ClientOptions', 'createClient'],
};

export const isPublicName = (path: string, name: string): boolean =>
  PUBLIC_NAMES[path]?.includes(name) === true;
