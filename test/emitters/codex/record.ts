/** Records the Codex CLI: a question and a call of a tool it does not have, answered by a provider on this machine. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { keepLogs, pageOf, RECORDER_KEY, recordPage } from '../record-page.ts';
import { type Script, startScriptedProvider } from '../scripted-provider.ts';
import { answer, call, words } from './responses-answer.ts';

/** One for which OpenAI bills cache writes. */
const MODEL = 'gpt-5.6-sol';

const require = createRequire(import.meta.url);
const manifest = require.resolve('@openai/codex/package.json');
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
const source = { page: 'codex', by: 'file' as const, emitter: '@openai/codex', version };

/** The page's own configuration, below the lines that name a provider which is not OpenAI. */
function configure(home: string, providerUrl: string): void {
  const told = pageOf(source).blocks.find(({ language }) => language === 'toml')!.text;
  const provider = [
    `model = "${MODEL}"`,
    'model_provider = "here"',
    '[model_providers.here]',
    'name = "here"',
    `base_url = "${providerUrl}/v1"`,
    'env_key = "OPENAI_API_KEY"',
    'wire_api = "responses"',
  ].join('\n');
  mkdirSync(join(home, '.codex'));
  const text = `${provider}\n\n${told.replace('YOUR_KEY', RECORDER_KEY)}`;
  writeFileSync(join(home, '.codex', 'config.toml'), text);
}

let answered = 0;
const script: Script = ({ path }) => {
  if (path !== '/v1/responses') return { status: 404, json: {} };
  answered += 1;
  if (answered === 1) {
    const usage = { input: 9100, cached: 1024, written: 8000, output: 70, reasoning: 40 };
    return answer('codex_01', MODEL, { item: call('weather', { city: 'Oslo' }), usage });
  }
  const usage = { input: 9250, cached: 9000, written: 200, output: 31, reasoning: 0 };
  return answer('codex_02', MODEL, { item: words('It is fine.'), usage });
};

const provider = await startScriptedProvider();
provider.answer(script);
const sent = await recordPage(source, ({ home }) => {
  configure(home, provider.url);
  return {
    command: process.execPath,
    args: [
      join(dirname(manifest), 'bin', 'codex.js'),
      'exec',
      '--strict-config',
      '--skip-git-repo-check',
      'Say that it is fine.',
    ],
    env: { OPENAI_API_KEY: 'not-a-key' },
  };
});
await provider.close();
// Codex names its first agent as the home of an administrator, which no file here may name.
const agent = JSON.stringify(['', 'root'].join('/'));
keepLogs('codex-events', source, sent('logs').replaceAll(agent, '"/first"'));
