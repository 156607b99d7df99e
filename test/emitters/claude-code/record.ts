/**
 * Records Claude Code: one question with a tool and a first attempt that is refused, answered by a provider on this
 * machine.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepLogs, keepSpans, recordPage } from '../record-page.ts';
import { type Script, startScriptedProvider } from '../scripted-provider.ts';
import { answer, refusal, text, toolUse } from './messages-answer.ts';

const MODEL = 'claude-sonnet-4-5';
const packages = join(import.meta.dirname, 'node_modules', '@anthropic-ai');
const { version } = JSON.parse(
  readFileSync(join(packages, 'claude-code', 'package.json'), 'utf8'),
) as { version: string };
const source = { page: 'claude-code', emitter: '@anthropic-ai/claude-code', version };

let answered = 0;
const script: Script = ({ path }) => {
  if (!path.startsWith('/v1/messages?') && path !== '/v1/messages')
    return { status: 404, json: {} };
  answered += 1;
  if (answered === 1) return refusal(529, 'overloaded_error');
  if (answered === 2) {
    const usage = { input: 13, cacheRead: 0, write5m: 0, write1h: 17_000, output: 61 };
    return answer('claude_code_01', MODEL, {
      block: toolUse('toolu_01', 'Bash', { command: 'echo fine' }),
      usage,
    });
  }
  const usage = { input: 7, cacheRead: 17_000, write5m: 120, write1h: 0, output: 29 };
  return answer('claude_code_02', MODEL, { block: text('It is fine.'), usage });
};

const provider = await startScriptedProvider();
provider.answer(script);
const sent = await recordPage(source, () => ({
  command: join(packages, `claude-code-${process.platform}-${process.arch}`, 'claude'),
  args: ['--print', '--model', MODEL, '--allowed-tools', 'Bash', '--', 'Run echo fine.'],
  env: { ANTHROPIC_BASE_URL: provider.url, ANTHROPIC_API_KEY: 'not-a-key' },
}));
await provider.close();
keepSpans('claude-code/print-with-a-tool', source, sent('traces'));
keepLogs('claude-code-events', source, sent('logs'));
