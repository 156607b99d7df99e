import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mendOf } from './mend.ts';

test.for([
  [
    'unknown_model',
    'azure',
    'chat-prod',
    null,
    'aicost prices alias chat-prod --to PROVIDER/MODEL --provider=azure',
  ],
  ['unknown_provider', null, 'smart', null, 'aicost prices alias smart --to PROVIDER/MODEL'],
  [
    'missing_rate',
    'openai',
    'gpt-4o',
    'in_audio: gpt-4o of openai has no price for it at that time',
    'aicost prices override --provider=openai --model=gpt-4o --rate=in_audio=USD/1000000',
  ],
  [
    'unpriced_context',
    'openai',
    'gpt-4o',
    'out_text: gpt-4o has no known price under service_tier "scale"',
    'aicost prices override --provider=openai --model=gpt-4o --rate=out_text=USD/1000000 --when=service_tier=scale',
  ],
  [
    'no_usage',
    'openai',
    'gpt-4o',
    'stream_without_usage',
    'the emitter reported no usage: stream_without_usage',
  ],
  ['no_usage', null, null, null, 'the emitter reported no usage'],
  [
    'no_usage',
    'openai',
    'gpt-4o',
    'outer_span_alone',
    'only the span around the call came: its stream was aborted, or the span of the call itself was not sent',
  ],
  [
    'cumulative_counter',
    null,
    null,
    null,
    'the span tells a counter that runs over several invocations: instrument the model calls below it, or tell a session, so that readings can be compared',
  ],
  ['price_failed', 'openai', 'gpt-4o', null, 'a fault of the collector: its log has the cause'],
  [
    'unknown_model',
    'openai',
    null,
    null,
    'the emitter told no model: set gen_ai.request.model or gen_ai.response.model',
  ],
  [
    'unknown_model',
    'openai',
    'a\u001b[2J',
    null,
    'the name holds control characters: mend it where the span is made',
  ],
  [
    'unpriced_context',
    'openai',
    'gpt-4o',
    'out_text: gpt-4o has no known price under service_tier "\u001b[2J"',
    'what the span tells of the call holds control characters: mend it where the span is made',
  ],
  ['of_a_later_version', 'openai', 'x', 'why', 'of_a_later_version: why'],
] as const)('%s of %s %s', ([reason, provider, model, detail, mend]) => {
  expect(mendOf({ reason, provider, model, detail })).toBe(mend);
});

test('a shell reads a name back as it was, whatever it holds', () => {
  const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(names, (model) => {
      const command = mendOf({ reason: 'missing_rate', provider: 'p', model, detail: null });
      if (!command.startsWith('aicost')) return;
      const script = `aicost() { printf '%s\\0' "$@"; }; ${command}`;
      const words = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0');
      expect(words.slice(0, 4)).toEqual(['prices', 'override', '--provider=p', `--model=${model}`]);
    }),
    { numRuns: 40 },
  );
});
