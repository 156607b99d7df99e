// `aicost demo`, joined: the demo with the common way to a collector and the tables of `aicost costs`.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { findKey, openCollectorClient } from './cli/collector-client.ts';
import { CommandError, type CommandInput } from './cli/command.ts';
import { breakdownSchema, breakdownTable } from './cli/cost-table.ts';
import { loadConfig } from './config.ts';
import { DemoError } from './demo/demo-error.ts';
import { runDemo } from './demo/run-demo.ts';

/** Runs the command. @returns 0 when every span was taken and every call is visible */
export async function runDemoCommand(input: CommandInput): Promise<number> {
  const { config, flags, json, io } = input;
  const client = await openCollectorClient(config);
  try {
    await runDemo({
      url: client.url,
      key: await findKey(config),
      ask: (path) => client.ask('GET', path),
      showBreakdown: (answer, by) => breakdownTable(breakdownSchema.parse(answer), by.split(',')),
      seed: flags.get('seed'),
      runId: randomBytes(4).toString('hex'),
      json,
      write: io.write,
      writeProgress: io.writeError,
      isTerminal: process.stderr.isTTY === true,
      nowMs: () => io.now().getTime(),
      hints: hintsFor(input),
    });
    return 0;
  } catch (error) {
    if (error instanceof DemoError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}

/** What the commands that are shown must be told to reach the same collector. */
function hintsFor({ config }: CommandInput) {
  const usual = loadConfig(new Map(), {}).config;
  const given = [
    ['--url', config.url],
    ['--data-dir', config.dataDir === usual.dataDir ? null : config.dataDir],
    ['--key-file', config.keyFile],
  ].filter(([, value]) => value !== null);
  return {
    options: given.map(([flag, value]) => ` ${flag} ${value}`).join(''),
    keyFile: config.keyFile ?? join(config.dataDir, 'admin.key'),
    // One that was named may be on another machine, in another container, or before a server, which has no --sql.
    sqlUrl: config.url === null ? `http://${usual.sql?.host}:${usual.sql?.port}` : null,
  };
}
