/**
 * What would mend an unpriced group: the command to type, or where else the fault lies. Pure.
 * Names and details come from spans, so they are quoted for the shell, and none with control characters is put
 * into a command at all. What stands in CAPITALS is for the reader to fill in.
 */
export interface UnpricedGroup {
  readonly provider: string | null;
  readonly model: string | null;
  readonly reason: string | null;
  readonly detail: string | null;
}

const PLAIN_WORD = /^[A-Za-z0-9@%+=:,./_-]+$/;
const CONTROL = /\p{Cc}|\p{Cf}|[\u2028\u2029]/u;

/** A word as a POSIX shell reads it back. */
function shellWord(text: string): string {
  return PLAIN_WORD.test(text) && !text.startsWith('-')
    ? text
    : `'${text.replaceAll("'", "'\\''")}'`;
}

const option = (name: string, value: string | null): string =>
  value === null ? '' : ` --${name}=${shellWord(value)}`;

function aliasCommand({ provider, model }: UnpricedGroup): string {
  if (model === null)
    return 'the emitter told no model: set gen_ai.request.model or gen_ai.response.model';
  // A name that begins with a dash would be read as an option.
  const name = model.startsWith('-') ? `' ${model.replaceAll("'", "'\\''")}'` : shellWord(model);
  return `aicost prices alias ${name} --to PROVIDER/MODEL${option('provider', provider)}`;
}

function rateCommand({ provider, model, detail }: UnpricedGroup): string {
  const key = /^([a-z0-9_]+): /.exec(detail ?? '')?.[1] ?? 'USAGE_KEY';
  return `aicost prices override${option('provider', provider)}${option('model', model)} --rate=${key}=USD/1000000`;
}

function contextCommand(group: UnpricedGroup): string {
  // `out_text: gpt-4o has no known price under service_tier "scale"`
  const context = / under ([a-z_]+) "([^"]*)"$/.exec(group.detail ?? '');
  const when = context === null ? 'DIMENSION=VALUE' : `${context[1]}=${context[2]}`;
  return `${rateCommand(group)} --when=${shellWord(when)}`;
}

const emitter = (fault: string, detail: string | null): string =>
  detail === null ? fault : `${fault}: ${detail}`;

function noUsage({ detail }: UnpricedGroup): string {
  return detail === 'outer_span_alone'
    ? 'only the span around the call came: its stream was aborted, or the span of the call itself was not sent'
    : emitter('the emitter reported no usage', detail);
}

/** By reason; a reason that is not here is told as it is. */
const MENDS: Readonly<Record<string, (group: UnpricedGroup) => string>> = {
  unknown_model: aliasCommand,
  unknown_provider: aliasCommand,
  missing_rate: rateCommand,
  unpriced_context: contextCommand,
  no_usage: noUsage,
  cumulative_counter: () =>
    'the span tells a counter that runs over several invocations: instrument the model calls below it, or tell a session, so that readings can be compared',
  invalid_usage: ({ detail }) => emitter('the emitter reported usage that cannot be', detail),
  contradictory_usage: ({ detail }) =>
    emitter('the emitter reported usage that contradicts itself', detail),
  invalid_context: ({ detail }) => emitter('the emitter reported a context that cannot be', detail),
  over_limit: ({ detail }) =>
    emitter('the emitter reported an amount that is not believed', detail),
  price_failed: () => 'a fault of the collector: its log has the cause',
  normalise_failed: () => 'a fault of the collector: its log has the cause',
};

/** The command that would mend a group, or a sentence on who can. */
export function mendOf(group: UnpricedGroup): string {
  if (CONTROL.test(`${group.provider}${group.model}`)) {
    return 'the name holds control characters: mend it where the span is made';
  }
  if (CONTROL.test(group.detail ?? '')) {
    return 'what the span tells of the call holds control characters: mend it where the span is made';
  }
  const mend = MENDS[group.reason ?? ''];
  return mend === undefined ? emitter(group.reason ?? 'unknown', group.detail) : mend(group);
}
