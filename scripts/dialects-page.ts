// docs/dialects.md: what is understood, from the dialects' own declarations, under a head written by hand.
import type { DialectDefinition } from '@ai-cost-profiler/collector/normalise/dialect.ts';
import type {
  DialectDeclaration,
  InclusionRow,
  RoleRow,
} from '@ai-cost-profiler/collector/normalise/dialect-table.ts';
import { DIALECTS } from '@ai-cost-profiler/collector/normalise/dialects.ts';
import { type FixtureOrigin, listFixtures } from '@ai-cost-profiler/collector/normalise/fixture.ts';
import type { SpanCondition } from '@ai-cost-profiler/collector/normalise/span-condition.ts';
import { listTraceCases, originOf } from '@ai-cost-profiler/collector/settle/fixture.ts';
import { code, NOTICE, table } from './markdown.ts';

const HEAD = `# Dialects

Every framework writes an LLM call into a span in its own way. A dialect is how one family of emitters does it. This page is
made from the dialects themselves: what is not on it is not read.

## What is understood

A span belongs to every dialect whose marks it bears; they are asked in the order of this page. What the first does not
tell, the next may. Where two tell different counts, the provider's own report is believed before buckets set by the
application, those before OTel names, OpenInference and the AI SDK, and those before everything else.

Of each call are read: operation, provider, models, response id, usage, what the call was reported to cost, service tier and the
like, and whom it was for. Whom it was for is also read, whatever the dialect, from \`user.id\`, \`enduser.id\`, \`session.id\`,
\`gen_ai.conversation.id\`, \`gen_ai.agent.name\`, \`gen_ai.workflow.name\`, \`gen_ai.prompt.name\`, \`gen_ai.tool.name\`,
\`aicost.feature\` and \`aicost.tag.*\`. Spans that are no calls tell it too, by the names in an
emitter's own namespace, for the calls below them. A tag is one that the application
sets itself, before one of the dialects' names for it; labels become tags that say \`true\`, values over 256 characters none.

## What is assumed

- **What a total holds.** \`input_tokens\` may hold the cached tokens or not, \`output_tokens\` the reasoning or not. Proof on the span
  comes first (a total that adds up one way only, cached tokens beyond the input), then the rows below, then what
  the provider is known to report. Where nothing of it decides, the input is assumed to hold the cache, as the conventions have said since 1.40:
  the call says \`assumed_inclusive\`, and its low and high cost are those of both readings.
- **Cache writes without a TTL** are priced as the provider's default (5 minutes). Where an hour has another price, the
  low and high cost span both, and the entry's \`evidence\` says so.
- **Usage that contradicts itself** (parts beyond their total) is not billed and not cut to fit: it is in \`/api/v1/unpriced\`. So is a call
  of which a count is written and cannot be read: \`count_not_a_number\`, \`count_negative\`, \`count_not_whole\`, \`count_over_limit\` (beyond
  2^48), \`count_is_nan\`, \`usage_not_readable\` (an object that is cut off), \`unknown_usage\` (a bucket of Langfuse that nobody knows), and
  \`attribute_limit\` where the sender's SDK dropped attributes and one side of the usage is not there.
- **Who is billed** is first seen from the span alone (the roles below) and corrected by settle, which sees whole traces: one of several
  views of a call, calls rather than agents that repeat them, an agent only where no call below it tells usage. A count that
  runs on over several invocations (Strands, CrewAI, smolagents) is billed by what each reading adds to the one before it in
  the same trace or session; a reading with none before it is in \`/api/v1/unpriced\` as \`cumulative_counter\`. Agents of one
  name in one session are taken for one, unless they overlap; a reading that is lower begins a new counter.
- **Failed calls** that report no usage may have been billed: they are in \`/api/v1/unpriced\` as calls of unknown cost, and so is a stream of
  which only the span around it came. A call that its provider refused (a status of 400 to 429 that means so, or an error named
  for one) is \`non_billable\`; Azure charges for what its content filter answers with 400, Google for nothing but answers.
- **Upstream sampling** (\`ot=th:…\` in the trace state, \`sampling.threshold\`, \`SampleRate\`, \`sampling.probability\`) changes no
  cost: a sampled call is billed as one and counted in \`sampled_calls\`; \`estimated_usd\` stands apart and adds what the calls that were
  dropped would have cost. What cannot be read has a name in \`price_context\` (\`bad_threshold\`, \`inconsistent_threshold\`,
  \`bad_sample_rate\`, \`bad_probability\`) and is not scaled.
- **The provider** is what the span tells, else its resource; a framework's name is none. After that its host tells, and a model's name
  that nobody but Bedrock writes. Otherwise it stays unknown. A model of which only the maker and known clouds sell the use (\`gpt-\` but
  not \`gpt-oss\`, \`claude-\`, \`gemini-\`, \`grok-\`, \`sonar\`) is then priced by its maker's list, between the low and high cost of all who
  sell it, and the entry's \`evidence\` says \`biller assumed\`; any other is in \`/api/v1/unpriced\` with the command that mends it.

## How to add one

1. Send what the emitter writes to a collector and keep the request: run the emitter, do not write from memory what it may send.
2. Put a table like the others into \`collector/src/normalise/dialects/\`: marks, names, rows of what its totals hold, each with
   its source. What no table can say is one pure \`correct\`. List it in \`collector/src/normalise/dialects.ts\`, before more general ones, and raise \`RULES_VERSION\` there.
3. Add the request as \`<case>.otlp.json\` in a folder of its name under \`collector/src/normalise/fixtures/\`, and beside it
   \`<case>.call.json\` with its origin: \`recorded\` with emitter and version only if you ran it, else \`constructed\` with the source.
   \`AICOST_UPDATE_GOLDENS=1 npm test -- collector/src/normalise\` fills in the calls; read them. The smallest span that shows
   a row of its own goes to \`collector/src/normalise/emitter-rows.test.ts\`.
4. Where it tells one call in several spans, add the trace to \`collector/src/settle/fixtures/\` with what it must come to.
5. Render a call in it in \`collector/src/normalise/test-renderers.ts\`: the same call must cost the same in every dialect.
6. \`npm run docs\` writes this page.
`;

const codes = (names: readonly string[], joint = ', '): string => names.map(code).join(joint);

/** A condition in words. */
function wordsOf(condition: SpanCondition): string {
  const { scopes, scopeVersion, spanNames, keys, without, values, resource } = condition;
  const parts = [
    scopes && `scope ${codes(scopes, ' or ')}`,
    scopeVersion?.from && `from version ${scopeVersion.from}`,
    scopeVersion?.below && `below version ${scopeVersion.below}`,
    spanNames && `span ${codes(spanNames, ' or ')}`,
    keys && `has ${codes(keys, ' or ')}`,
    without && `without ${codes(without)}`,
    ...pairs(values, ''),
    ...pairs(resource, 'resource '),
  ];
  return parts.filter((part) => typeof part === 'string').join('; ');
}

function pairs(values: SpanCondition['values'], of: string): string[] {
  return Object.entries(values ?? {}).map(([key, words]) => {
    return `${of}${code(key)} is ${codes(words, ' or ')}`;
  });
}

/** What stands before the names of a group. */
const FIELD_GROUPS = {
  identity: '',
  usage: 'tokens: ',
  units: 'units: ',
  context: '',
  attribution: '',
} as const;

/** `cacheWrite5m` → `cache write 5m`. */
const spaced = (name: string): string =>
  name.replace(/[A-Z]|\d+[a-z]/g, (part) => ` ${part.toLowerCase()}`);

function fieldRows(declared: DialectDeclaration): string[][] {
  const groups = Object.entries(FIELD_GROUPS) as [keyof typeof FIELD_GROUPS, string][];
  const rows = groups.flatMap(([group, before]) =>
    Object.entries<readonly string[]>({ ...declared[group] }).map(([name, names]) => [
      `${before}${spaced(name).replaceAll('_', ' ')}`,
      codes(names),
    ]),
  );
  const cost = declared.cost === undefined ? [] : [['reported cost', codes(declared.cost)]];
  return [...rows, ...cost, ...tagRows(declared)];
}

function tagRows({ tags = {} }: DialectDeclaration): string[][] {
  const named = Map.groupBy(Object.entries(tags.named ?? {}), ([, tag]) => tag);
  const others: [what: string, keys: readonly string[]][] = [
    ['tags: what follows', tags.prefixes ?? []],
    ['tags: each label', tags.labels ?? []],
    ['tags: each entry of', tags.objects ?? []],
  ];
  return [
    ...[...named].map(([tag, keys]) => [`tag ${code(tag)}`, codes(keys.map(([key]) => key))]),
    ...others.filter(([, keys]) => keys.length > 0).map(([what, keys]) => [what, codes(keys)]),
  ];
}

function blobRows({ blobs = [] }: DialectDeclaration): string[][] {
  return blobs.map(({ key, format, has, usage, cost, identity, isExact }) => {
    const read = Object.entries<readonly string[]>({
      ...usage,
      ...identity,
      ...(cost && { cost }),
    });
    const paths = read.map(([name, names]) => `${spaced(name)}: ${codes(names)}`).join('; ');
    const condition = has === undefined ? '' : ` with ${codes(has, ' or ')}`;
    const report = isExact === true ? ", the provider's own report" : '';
    return [`${code(key)} (${format}${report})${condition}`, paths || 'read by code'];
  });
}

function outputOf({ reasoning, otherwise }: InclusionRow): string {
  if (otherwise === 'all_beside') return 'holds the reasoning or not, as the input';
  const output = { inside: 'holds the reasoning', outside: 'without the reasoning' } as const;
  return reasoning === undefined ? 'not told' : output[reasoning];
}

function inclusionRow({ when, providers, models, ...row }: InclusionRow): string[] {
  const conditions = [
    providers && `provider ${codes(providers, ' or ')}`,
    models &&
      `model ${codes(
        models.map((model) => `${model}*`),
        ' or ',
      )}`,
    when && wordsOf(when),
  ];
  const input = {
    inclusive: 'holds the cache',
    exclusive: 'without the cache',
    assumed_inclusive: 'holds the cache or not: both costs are told',
  } as const;
  return [
    conditions.filter((one) => typeof one === 'string' && one !== '').join('; ') || 'otherwise',
    row.input === undefined ? 'not told' : input[row.input],
    outputOf(row),
    row.evidence,
  ];
}

const roleRow = ({ when, role, reason, operation }: RoleRow): string[] => [
  wordsOf(when) || 'otherwise',
  code(role),
  operation === undefined ? reason : `${reason} (${code(operation)})`,
];

/** Rows under a title, or nothing where there are none. */
function titled(title: string, titles: readonly string[], rows: string[][]): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, '', table(titles, rows)];
}

function dialectSection(definition: DialectDefinition, origins: readonly FixtureOrigin[]): string {
  const { name, summary, declared, contentKeys, contentPrefixes } = definition;
  const content = [...contentKeys, ...contentPrefixes.map((prefix) => `${prefix}*`)];
  const operations = Object.entries(declared.operations ?? {});
  return [
    `## ${name}`,
    '',
    summary,
    '',
    'Recognised by any of:',
    '',
    ...declared.marks.map((mark) => `- ${wordsOf(mark)}`),
    ...titled('Read from', ['What', 'Attributes, the most trusted first'], fieldRows(declared)),
    ...titled('Objects in attributes', ['Attribute', 'What it tells'], blobRows(declared)),
    ...titled(
      'Read by code',
      ['Attribute', 'What it tells'],
      Object.entries(declared.readByCode ?? {}).map(([key, text]) => [code(key), text]),
    ),
    ...titled(
      'Operations, by its own words',
      ['Word', 'Operation'],
      operations.map((pair) => pair.map(code)),
    ),
    ...titled(
      'What its totals hold (first row that fits)',
      ['When', 'Input', 'Output', 'Because'],
      (declared.inclusion ?? []).map(inclusionRow),
    ),
    ...titled(
      'Roles that do not follow from the operation (first row that fits)',
      ['When', 'Role', 'Because'],
      (declared.roles ?? []).map(roleRow),
    ),
    ...(content.length === 0 ? [] : ['', `Content, never stored by default: ${codes(content)}.`]),
    '',
    fixturesLine(origins),
    '',
  ].join('\n');
}

function fixturesLine(origins: readonly FixtureOrigin[]): string {
  const recorded = origins.filter((origin) => origin.kind === 'recorded');
  const emitters = [...new Set(recorded.map(({ emitter, version }) => `${emitter} ${version}`))];
  const constructed = origins.length - recorded.length;
  const parts = [
    recorded.length > 0 && `${recorded.length} recorded from ${codes(emitters.sort())}`,
    constructed > 0 && `${constructed} constructed from sources`,
  ];
  return `Fixtures: ${parts.filter((part) => typeof part === 'string').join('; ')}.`;
}

/** What one row of the duplication matrix comes to: `input + output, USD`. */
function traceRows(): string[][] {
  const cases = listTraceCases().sort((a, b) => a.expected.row.localeCompare(b.expected.row, 'en'));
  return cases.map(({ expected }) => {
    const { row, shows, naive, billed, equalBecause } = expected;
    const sum = ({ input, output, usd }: typeof naive) => `${input} + ${output}, $${usd}`;
    const note = equalBecause === undefined ? '' : ` (equal: ${equalBecause})`;
    return [row, `${shows}${note}`, sum(naive), sum(billed), originOf(expected)?.kind ?? ''];
  });
}

export function dialectsPage(): string {
  const origins = Map.groupBy(listFixtures(), ({ dialect }) => dialect.replaceAll('-', '_'));
  const sections = DIALECTS.map((definition) =>
    dialectSection(
      definition,
      (origins.get(definition.name) ?? []).map(({ origin }) => origin),
    ),
  );
  const overview = DIALECTS.map(({ name, summary }) => [`[${name}](#${name})`, summary]);
  const titles = ['Emitter', 'What the trace shows', 'Sum over its spans', 'Billed', 'Trace'];
  return [
    NOTICE,
    HEAD,
    '## All of them',
    '',
    table(['Dialect', 'What it is'], overview),
    '',
    '## What is told twice, and billed once',
    '',
    'Each row is a trace that a test settles: input and output tokens and their cost, as a sum over all spans says, and as billed.',
    'What spans, log events and metrics tell of one call is in [logs and metrics](logs-and-metrics.md).',
    '',
    table(titles, traceRows()),
    '',
    ...sections,
  ].join('\n');
}
