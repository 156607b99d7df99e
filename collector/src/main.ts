// The program: its commands, and the one place that touches the process. Started by scripts/aicost.cjs.

import { DirectoryLockedError } from '@ai-cost-profiler/clickhouse/engine/directory-lock.ts';
import { EngineStartError } from '@ai-cost-profiler/clickhouse/engine/supervise.ts';
import { MigrationError } from '@ai-cost-profiler/clickhouse/migrate.ts';
import { AUDIT_COMMAND } from './cli/audit.ts';
import { backupCommands } from './cli/backup.ts';
import { BUDGET_COMMANDS } from './cli/budgets.ts';
import { type Command, CommandError, type CommandInput, type CommandIo } from './cli/command.ts';
import { COSTS_COMMAND } from './cli/costs.ts';
import { DOCTOR_COMMAND } from './cli/doctor.ts';
import { EXPORT_COMMAND } from './cli/export.ts';
import { importCommand } from './cli/import.ts';
import { journalCommands } from './cli/journal.ts';
import { keyCommands } from './cli/keys.ts';
import { ledgerCommands } from './cli/ledger.ts';
import { runUntilStopped } from './cli/lifetime.ts';
import { priceCommands } from './cli/prices.ts';
import { runCommand } from './cli/run-command.ts';
import { TENANT_COMMANDS } from './cli/tenants.ts';
import { WEBHOOK_COMMANDS } from './cli/webhooks.ts';
import { COMMAND_PARTS, type CommandParts } from './command-parts.ts';
import { readEnvironment } from './config.ts';
import { ConfigError } from './config-error.ts';
import { describeDiskError } from './disk-error.ts';
import { createLog } from './log.ts';

/** Commands that do nothing but ask a running collector. */
const ASKING_COMMANDS: readonly Command[] = [
  ...TENANT_COMMANDS,
  ...BUDGET_COMMANDS,
  ...WEBHOOK_COMMANDS,
  AUDIT_COMMAND,
];

/** Every command there is. The parts are imported when their command runs, so that the others start at once. */
function allCommands(parts: CommandParts): readonly Command[] {
  return [
    {
      name: 'start',
      sentence: 'Run the collector until it is told to stop.',
      takes: 'server',
      flags: [],
      positionals: [],
      run: (input) => start(parts, input),
    },
    {
      name: 'migrate',
      sentence: 'Bring the tables of ClickHouse to this version.',
      takes: 'server',
      flags: [
        {
          flag: 'dry-run',
          value: null,
          sentence: 'Print the statements that make a new database, and ask nobody.',
        },
      ],
      positionals: [],
      run: async (input) => (await parts.migrate())(input),
    },
    ...keyCommands(parts.stoppedKeys),
    ...ASKING_COMMANDS,
    {
      name: 'prices calc',
      sentence: 'Price calls: JSON lines on standard input, JSON lines on standard output.',
      takes: 'none',
      flags: [],
      positionals: [],
      run: async (input) => (await parts.pricesCalc())(input),
    },
    ...priceCommands(parts.offlinePrices),
    COSTS_COMMAND,
    EXPORT_COMMAND,
    importCommand(async (input) => (await parts.importHistory())(input)),
    ...ledgerCommands(parts.stoppedLedger),
    ...journalCommands(parts.stoppedJournal),
    ...backupCommands(parts),
    {
      name: 'demo',
      sentence: 'Send realistic traffic of the last hour to a collector, and show what it cost.',
      takes: 'client',
      flags: [
        {
          flag: 'seed',
          value: 'number',
          sentence: 'Other traffic; without it, the same calls each time, under new ids.',
        },
      ],
      positionals: [],
      run: async (input) => (await parts.demo())(input),
    },
    DOCTOR_COMMAND,
  ];
}

async function start(parts: CommandParts, input: CommandInput): Promise<number> {
  const { config, warnings, io } = input;
  const log = createLog(config.logLevel, process.stderr);
  const startCollector = await parts.start();
  return runUntilStopped({
    start: () =>
      startCollector({ config, log, warnings, write: io.write }).catch((error: unknown) => {
        throw startMistake(error, config.dataDir);
      }),
    events: process,
    exit: (code) => process.exit(code),
    log,
    drainTimeoutMs: config.drainTimeoutMs,
    nowMs: () => performance.now(),
  });
}

/** What a person can mend is one sentence; a fault of ours keeps its stack. */
function startMistake(error: unknown, dataDir: string): unknown {
  if (error instanceof DirectoryLockedError) {
    return new ConfigError(`--data-dir: ${error.message}`, { cause: error });
  }
  if (error instanceof EngineStartError || error instanceof MigrationError) {
    return new CommandError(error.message, { cause: error });
  }
  const text = describeDiskError(error, { directory: dataDir, option: '--data-dir' });
  return text === undefined ? error : new CommandError(`--data-dir: ${text}`, { cause: error });
}

/** Runs the command line of this process and ends it with the command's code. */
export async function main(): Promise<void> {
  const io: CommandIo = {
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    output: process.stdout,
    input: process.stdin,
    environment: readEnvironment(),
    now: () => new Date(),
  };
  // A reader that has seen enough, such as head, closes the pipe: the rest is not wanted.
  process.stdout.on('error', (error) => {
    if ('code' in error && error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  // Whoever read the log is gone, and there is nowhere else to say so: work goes on without one. Unheard, the error of
  // each line would be an uncaught one, which is logged, which fails again.
  process.stderr.on('error', () => undefined);
  // An IPC channel to the launcher tells when it died; it alone must not keep the process alive.
  process.channel?.unref();
  const code = await runCommand(allCommands(COMMAND_PARTS), process.argv.slice(2), io);
  await flush(process.stdout);
  process.exit(code);
}

/** A pipe may still hold output when everything is done; ending then would cut it. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

if (import.meta.main) await main();
