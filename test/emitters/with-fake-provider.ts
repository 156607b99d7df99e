/**
 * `node with-fake-provider.ts <command>`: starts the APIs of OpenAI, Anthropic and Gemini on this machine, answers with
 * usage known in advance, and runs the command with the variables by which their SDKs find an API. No key is needed,
 * none is used.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { startFakeGoogle } from '../instrumentation/fake-google.ts';
import { startFakeProvider } from './fake-provider.ts';

/** One answer has one id in the whole world, or a collector would take two of them for one. */
const run = randomBytes(6).toString('hex');
const [provider, google] = await Promise.all([startFakeProvider(run), startFakeGoogle(run)]);

const KEY = 'no-key-is-needed';
const [command = '', ...rest] = process.argv.slice(2);
const child = spawn(command === 'node' ? process.execPath : command, rest, {
  stdio: 'inherit',
  env: {
    OTEL_SERVICE_NAME: basename(process.cwd()),
    ...process.env,
    GOOGLE_API_KEY: undefined,
    OPENAI_BASE_URL: provider.url,
    OPENAI_API_KEY: KEY,
    // Anthropic's SDK adds the version itself.
    ANTHROPIC_BASE_URL: provider.url.replace(/\/v1$/, ''),
    ANTHROPIC_API_KEY: KEY,
    GOOGLE_GEMINI_BASE_URL: google.url,
    GEMINI_API_KEY: KEY,
  },
});
child.once('error', (error) => {
  process.stderr.write(`${command} does not start: ${error.message}\n`);
});
child.once('close', (code) => {
  process.exitCode = code ?? 1;
  void Promise.all([provider.close(), google.close()]);
});
