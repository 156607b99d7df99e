/** Records the Gemini CLI: one question, answered by a Gemini API on this machine. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepLogs, keepSpans, recordPage } from '../record-page.ts';
import { type Script, startScriptedProvider } from '../scripted-provider.ts';

const MODEL = 'gemini-2.5-pro';

const cli = join(import.meta.dirname, 'node_modules', '@google', 'gemini-cli');
const { version } = JSON.parse(readFileSync(join(cli, 'package.json'), 'utf8')) as {
  version: string;
};
const source = { page: 'gemini-cli', emitter: '@google/gemini-cli', version };

/** An address alone is taken for a gateway's, unless a person has said that a key of Gemini's API is used. */
const SETTINGS = { security: { auth: { selectedType: 'gemini-api-key' } } };

const said = (words: string, rest: object) => ({
  candidates: [{ content: { role: 'model', parts: [{ text: words }] }, index: 0, ...rest }],
  modelVersion: MODEL,
  responseId: 'gemini_cli_01',
});
const usageMetadata = {
  promptTokenCount: 9200,
  cachedContentTokenCount: 8000,
  candidatesTokenCount: 80,
  thoughtsTokenCount: 32,
  totalTokenCount: 9312,
};
const script: Script = ({ path }) =>
  path.includes(':streamGenerateContent')
    ? {
        events: [said('It is ', {}), { ...said('fine.', { finishReason: 'STOP' }), usageMetadata }],
      }
    : { status: 404, json: {} };

const google = await startScriptedProvider();
google.answer(script);
const sent = await recordPage(source, ({ home }) => {
  mkdirSync(join(home, '.gemini'));
  writeFileSync(join(home, '.gemini', 'settings.json'), JSON.stringify(SETTINGS));
  return {
    command: process.execPath,
    args: [
      join(cli, 'bundle', 'gemini.js'),
      '--skip-trust',
      '--model',
      MODEL,
      '--prompt',
      'Say that it is fine.',
    ],
    env: { GOOGLE_GEMINI_BASE_URL: google.url, GEMINI_API_KEY: 'not-a-key' },
  };
});
await google.close();
keepSpans('gemini-cli/prompt', source, sent('traces'));
keepLogs('gemini-cli-events', source, sent('logs'));
