#!/usr/bin/env node
/** `npx @ai-cost-profiler/node doctor [--json]`: 0 where all is well, 1 where not, 2 where it was not understood. */
import { parseArgs } from 'node:util';
import { examine } from './doctor/examine.ts';
import { reportText } from './doctor/report-text.ts';
import { readEnvironment } from './environment.ts';

const USAGE = `npx @ai-cost-profiler/node doctor [--json]

Tells which SDKs of the application in this folder are instrumented, whether the OTLP endpoint of the OTEL_* variables
answers, and whether a span that is sent there arrives. The span costs nothing.
`;

process.exitCode = await run(process.argv.slice(2));

async function run(words: readonly string[]): Promise<number> {
  const asked = read(words);
  if (asked.problem !== undefined) {
    process.stderr.write(`${asked.problem}\n\n${USAGE}`);
    return 2;
  }
  if (asked.isHelp) {
    process.stdout.write(USAGE);
    return 0;
  }
  const report = await examine(process.cwd(), readEnvironment());
  process.stdout.write(asked.isJson ? `${JSON.stringify(report)}\n` : reportText(report));
  return report.isWell ? 0 : 1;
}

interface Asked {
  readonly isJson: boolean;
  readonly isHelp: boolean;
  readonly problem?: string;
}

function read(words: readonly string[]): Asked {
  const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
    });
    const { json: isJson = false, help: isHelp = false } = values;
    const [command = 'doctor', more] = positionals;
    if (command === 'doctor' && more === undefined) return { isJson, isHelp };
    const problem = `Unknown command ${JSON.stringify(positionals.join(' '))}; known is doctor.`;
    return { isJson, isHelp, problem };
  } catch (error) {
    return { isJson: false, isHelp: false, problem: (error as Error).message };
  }
}
