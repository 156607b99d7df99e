/**
 * The company whose traffic the corpus is: its services, models, features, prompts and people. Names of models are
 * real, so that the price book knows them.
 */
import { type Chance, type Ranked, ranked } from './chance.ts';
import type { Attributes, Instance, Scope } from './span.ts';

export interface Model {
  readonly provider: string;
  readonly asked: string;
  readonly answered: string;
  readonly host: string;
  readonly idPrefix: string;
  readonly idLetters: number;
  /** How many of its calls read a cached prompt. */
  readonly cachedShare: number;
  readonly reasons: boolean;
  readonly tokensPerS: number;
}

const OPENAI = { provider: 'openai', host: 'api.openai.com', idPrefix: 'chatcmpl-', idLetters: 29 };
const ANTHROPIC = {
  ...{ provider: 'anthropic', host: 'api.anthropic.com', idPrefix: 'msg_01' },
  ...{ idLetters: 22, cachedShare: 0.6, reasons: false },
};
const PLAIN = { cachedShare: 0.35, reasons: false };

function model(of: Omit<Model, 'answered' | 'asked'>, asked: string, answered = asked): Model {
  return { ...of, asked, answered };
}

/** The most used first. */
const MODELS: Ranked<Model> = ranked(
  [
    model({ ...OPENAI, ...PLAIN, tokensPerS: 130 }, 'gpt-4o-mini', 'gpt-4o-mini-2024-07-18'),
    model({ ...ANTHROPIC, tokensPerS: 80 }, 'claude-sonnet-4-5', 'claude-sonnet-4-5-20250929'),
    model({ ...OPENAI, ...PLAIN, tokensPerS: 140 }, 'gpt-4.1-mini', 'gpt-4.1-mini-2025-04-14'),
    model({ ...OPENAI, ...PLAIN, reasons: true, tokensPerS: 110 }, 'gpt-5-mini-2025-08-07'),
    model({ ...ANTHROPIC, tokensPerS: 150 }, 'claude-haiku-4-5-20251001'),
    model({ ...OPENAI, ...PLAIN, tokensPerS: 90 }, 'gpt-4o', 'gpt-4o-2024-08-06'),
    model(
      {
        ...{ provider: 'gcp.gemini', host: 'generativelanguage.googleapis.com', idPrefix: '' },
        ...{ idLetters: 22, cachedShare: 0.2, reasons: true, tokensPerS: 200 },
      },
      'gemini-2.5-flash',
    ),
    model({ ...OPENAI, ...PLAIN, reasons: true, tokensPerS: 60 }, 'gpt-5', 'gpt-5-2025-08-07'),
    model(
      {
        ...{ provider: 'aws.bedrock', host: 'bedrock-runtime.eu-west-1.amazonaws.com' },
        ...{ idPrefix: 'msg_bdrk_01', idLetters: 22, ...PLAIN, tokensPerS: 140 },
      },
      'global.anthropic.claude-haiku-4-5-20251001-v1:0',
    ),
    model({ ...OPENAI, ...PLAIN, reasons: true, tokensPerS: 100 }, 'o4-mini-2025-04-16'),
    model({ ...ANTHROPIC, tokensPerS: 50 }, 'claude-opus-4-5-20251101'),
    model(
      {
        ...{ provider: 'groq', host: 'api.groq.com', idPrefix: 'chatcmpl-', idLetters: 29 },
        ...{ cachedShare: 0, reasons: false, tokensPerS: 280 },
      },
      'llama-3.3-70b-versatile',
    ),
    model(
      {
        ...{ provider: 'mistral_ai', host: 'api.mistral.ai', idPrefix: '', idLetters: 32 },
        ...{ cachedShare: 0, reasons: false, tokensPerS: 150 },
      },
      'mistral-small-latest',
    ),
    // Self-hosted: nobody has a price for it.
    model(
      {
        ...{ provider: 'vllm', host: 'llm.internal.acme.example', idPrefix: 'cmpl-' },
        ...{ idLetters: 32, cachedShare: 0, reasons: false, tokensPerS: 60 },
      },
      'acme-summariser-7b',
    ),
  ],
  1.1,
);

export const EMBEDDING: Model = model(
  { ...OPENAI, ...PLAIN, tokensPerS: 100_000 },
  'text-embedding-3-small',
);

/** What an LLM call is for. Each feature has its few prompts and mostly one model, as programs do. */
export interface Feature {
  readonly name: string;
  readonly agent: string;
  readonly prompts: Ranked<{ readonly name: string; readonly version: string }>;
  readonly models: Ranked<Model>;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly team: string;
}

const FEATURES_OF: Readonly<Record<string, readonly string[]>> = {
  'chat-api': ['chat', 'chat-title', 'suggest-replies', 'translate', 'moderate', 'voice-notes'],
  'support-agent': ['ticket-triage', 'ticket-summary', 'refund-check', 'escalation', 'faq'],
  'search-api': ['answer', 'rerank', 'query-rewrite', 'related'],
  'doc-pipeline': ['extract-invoice', 'classify', 'summarise', 'redact', 'index'],
  'code-assistant': ['complete', 'review', 'explain', 'commit-message'],
};
const TEAMS = ['growth', 'support', 'discovery', 'documents', 'developer-tools'];

/** The features of each service that calls models. */
export function makeFeatures(chance: Chance): ReadonlyMap<string, Ranked<Feature>> {
  return new Map(
    Object.entries(FEATURES_OF).map(([service, names], at) => {
      const features = names.map((name): Feature => {
        const prompts = Array.from({ length: chance.whole(1, 4) }, (_, n) => ({
          ...{ name: n === 0 ? name : `${name}-step-${n}`, version: `v${chance.whole(1, 30)}` },
        }));
        const models = Array.from({ length: chance.whole(1, 3) }, () => chance.ranked(MODELS));
        return {
          ...{ name, agent: chance.happens(0.4) ? `${name}-agent` : '', team: TEAMS[at]! },
          ...{ prompts: ranked(prompts, 0.8), models: ranked([...new Set(models)], 2) },
          inputTokens: chance.wholeAround(1_400, 0.8),
          outputTokens: chance.wholeAround(220, 0.7),
        };
      });
      return [service, ranked(features, 0.9)];
    }),
  );
}

interface Runtime {
  readonly language: string;
  readonly sdk: string;
  readonly runtime: string;
  readonly version: string;
}

const NODE = { language: 'nodejs', sdk: '2.1.0', runtime: 'nodejs', version: '22.18.0' };
const PYTHON = { language: 'python', sdk: '1.37.0', runtime: 'cpython', version: '3.12.11' };
const GO = { language: 'go', sdk: '1.38.0', runtime: 'go', version: 'go1.25.1' };
const JAVA = {
  ...{ language: 'java', sdk: '1.54.0', runtime: 'OpenJDK Runtime Environment' },
  version: '21.0.8+9-LTS',
};
const SERVICES: Readonly<Record<string, Runtime>> = {
  ...{ 'web-bff': NODE, 'chat-api': PYTHON, 'support-agent': PYTHON, 'search-api': PYTHON },
  ...{ 'doc-pipeline': PYTHON, 'code-assistant': NODE },
  ...{ checkout: GO, catalog: GO, orders: JAVA, inventory: JAVA, identity: GO },
};
const REPLICAS = 4;

/** Some copies of each service in production, and one in staging, of which each is a resource. */
export function makeInstances(chance: Chance): ReadonlyMap<string, readonly Instance[]> {
  return new Map(
    Object.entries(SERVICES).map(([service, runtime]) => {
      const version = `${chance.whole(1, 9)}.${chance.whole(0, 40)}.${chance.whole(0, 9)}`;
      const replicaSet = chance.hex(5).slice(0, 9);
      const instances = Array.from({ length: REPLICAS }, (_, n) => ({
        service,
        attributes: resource(chance, {
          ...{ service, runtime, version, pod: `${service}-${replicaSet}-${chance.hex(3)}` },
          environment: n === REPLICAS - 1 ? 'staging' : 'production',
        }),
      }));
      return [service, instances];
    }),
  );
}

function resource(
  chance: Chance,
  of: { service: string; runtime: Runtime; version: string; pod: string; environment: string },
): Attributes {
  const { service, runtime, version, pod, environment } = of;
  return [
    ['service.name', service],
    ['service.namespace', 'acme'],
    ['service.version', version],
    ['service.instance.id', chance.uuid()],
    ['deployment.environment.name', environment],
    ['telemetry.sdk.language', runtime.language],
    ['telemetry.sdk.name', 'opentelemetry'],
    ['telemetry.sdk.version', runtime.sdk],
    ['process.pid', chance.whole(1, 40)],
    ['process.runtime.name', runtime.runtime],
    ['process.runtime.version', runtime.version],
    ['host.name', pod],
    ['os.type', 'linux'],
    ['container.id', chance.hex(32)],
    ['k8s.cluster.name', 'acme-eu-1'],
    ['k8s.namespace.name', environment],
    ['k8s.deployment.name', service],
    ['k8s.pod.name', pod],
    ['k8s.node.name', `ip-10-1-${chance.whole(0, 40)}-${chance.whole(2, 254)}.ec2.internal`],
    ['cloud.provider', 'aws'],
    ['cloud.region', 'eu-west-1'],
    ['cloud.availability_zone', `eu-west-1${chance.pick(['a', 'b', 'c'])}`],
  ];
}

export const SCOPES = {
  nodeHttp: { name: '@opentelemetry/instrumentation-http', version: '0.205.0' },
  fastapi: { name: 'opentelemetry.instrumentation.fastapi', version: '0.58b0' },
  httpx: { name: 'opentelemetry.instrumentation.httpx', version: '0.58b0' },
  otelhttp: {
    name: 'go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp',
    version: '0.63.0',
  },
  javaServlet: { name: 'io.opentelemetry.tomcat-10.0', version: '2.20.0-alpha' },
  jdbc: { name: 'io.opentelemetry.jdbc', version: '2.20.0-alpha' },
  pgx: { name: 'github.com/exaring/otelpgx', version: 'v0.9.3' },
  psycopg: { name: 'opentelemetry.instrumentation.psycopg', version: '0.58b0' },
  redis: { name: 'opentelemetry.instrumentation.redis', version: '0.58b0' },
  goRedis: { name: 'github.com/redis/go-redis/extra/redisotel', version: 'v9.14.0' },
  kafka: { name: 'io.opentelemetry.kafka-clients-2.6', version: '2.20.0-alpha' },
  app: { name: 'acme.app', version: '' },
  openai: { name: 'opentelemetry.instrumentation.openai_v2', version: '2.2b0' },
  genai: { name: 'opentelemetry.util.genai', version: '0.3b0' },
  openllmetry: { name: 'opentelemetry.instrumentation.anthropic', version: '0.49.5' },
  openinference: { name: 'openinference.instrumentation.langchain', version: '0.1.54' },
  ai: { name: 'ai', version: '' },
} as const satisfies Record<string, Scope>;

const USERS = 20_000;
const USER_EXPONENT = 0.8;
const TURNS_MEAN = 5;

/** People and their running conversations. */
export class People {
  private readonly users: Ranked<string>;
  private readonly sessions = new Map<string, { id: string; left: number }>();

  constructor(chance: Chance) {
    const ids = Array.from({ length: USERS }, () => `usr_${chance.hex(6)}`);
    this.users = ranked(ids, USER_EXPONENT);
  }

  next(chance: Chance): { user: string; session: string } {
    const user = chance.ranked(this.users);
    const known = this.sessions.get(user);
    if (known !== undefined && known.left-- > 0) return { user, session: known.id };
    const id = chance.uuid();
    this.sessions.set(user, { id, left: Math.round(chance.wait(TURNS_MEAN)) });
    return { user, session: id };
  }
}
