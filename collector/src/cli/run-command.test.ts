import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Environment } from '../config.ts';
import type { OptionSpec } from '../option-spec.ts';
import { OPTIONS } from '../options.ts';
import type { Command, CommandInput } from './command.ts';
import { CommandError } from './command.ts';
import { runCommand } from './run-command.ts';

let seen: CommandInput | undefined;
let fail: Error | undefined;
beforeEach(() => {
  [seen, fail] = [undefined, undefined];
});

const command = (name: string, changed: Partial<Command> = {}): Command => ({
  name,
  sentence: `Does ${name}.`,
  takes: 'client',
  flags: [],
  positionals: [],
  run: async (input) => {
    seen = input;
    if (fail) throw fail;
    return 0;
  },
  ...changed,
});

const COMMANDS = [
  command('start', { takes: 'server' }),
  command('keys create', { flags: [{ flag: 'name', value: 'text', sentence: 'A name.' }] }),
  command('keys revoke', { positionals: ['id'] }),
  command('prices calc', { takes: 'none' }),
  command('import', { positionals: ['file…'] }),
];

async function run(line: string, environment: Environment = {}) {
  let [out, err] = ['', ''];
  const code = await runCommand(COMMANDS, line.split(' ').filter(Boolean), {
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
    input: Readable.from([]),
    environment,
    now: () => new Date(0),
  });
  return { code, out, err };
}

describe('a command line', () => {
  test.for([
    ['start --http 127.0.0.1:1', 1],
    ['start --http=127.0.0.1:1', 1],
    ['start --http 127.0.0.1:2 --http=127.0.0.1:1', 1],
  ] as const)('%s sets the option; the last one counts', async ([line, port]) => {
    expect((await run(line)).code).toBe(0);
    expect(seen?.config.http.port).toBe(port);
  });

  test('gives a command its own flags, positionals and --json', async () => {
    await run('keys create --name=a=b --json');
    expect(seen?.flags.get('name')).toBe('a=b');
    expect(seen?.json).toBe(true);
    await run('keys revoke abc');
    expect(seen?.positionals).toEqual(['abc']);
    await run('import a.csv b.csv');
    expect(seen?.positionals).toEqual(['a.csv', 'b.csv']);
  });

  test.for([
    ['strat', '"strat" is not a command; did you mean start?'],
    ['keys', 'keys is not a command; expected one of: keys create, keys revoke.'],
    ['keys crate', 'keys crate is not a command; expected one of: keys create, keys revoke.'],
    [
      '--data-dir x start',
      '--data-dir stands before the command; expected aicost <command> --data-dir.',
    ],
    ['zzzzzz', '"zzzzzz" is not a command; aicost --help lists them.'],
    ['start --dta-dir x', '--dta-dir is not an option here; did you mean --data-dir?'],
    ['keys create --http x', '--http is not an option here; aicost keys create does not take it.'],
    ['start --http', '--http has no value; expected --http <value> or --http=<value>.'],
    ['start --http --sql off', '--http has no value'],
    ['start --json=1', '--json is a switch; expected it without a value.'],
    ['start now', 'aicost start is followed by "now"; expected aicost start.'],
    ['keys revoke', 'aicost keys revoke is followed by nothing; expected aicost keys revoke <id>.'],
    ['import', 'aicost import is followed by nothing; expected aicost import <file…>.'],
    ['start --spans few', '--spans is "few"; expected all or llm.'],
  ] as const)('%s is a mistake of code 2 that says what was meant', async ([line, message]) => {
    const { code, out, err } = await run(line);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(seen).toBeUndefined();
  });

  test.for(['start --key-file=', 'keys create --name ', 'keys revoke '])(
    'that holds a key (%s…) is refused without repeating it',
    async (line) => {
      const { code, err } = await run(`${line}aicost_abc_0123456789abcdef`);
      expect(code).toBe(2);
      expect(err).toContain('A key stands on the command line');
      expect(err).not.toContain('0123456789abcdef');
    },
  );

  test('without a command shows the commands and is a mistake', async () => {
    const { code, err } = await run('');
    expect(code).toBe(2);
    expect(err).toContain('keys create');
  });
});

test('a variable of an option the command does not take does no harm', async () => {
  const environment = { AICOST_HTTP: 'nonsense' };
  expect((await run('keys create', environment)).code).toBe(0);
  expect((await run('prices calc', environment)).code).toBe(0);
  expect((await run('start', environment)).code).toBe(2);
});

test('--help shows every option that the command takes, with variable and default', async () => {
  const { code, out } = await run('start --help');
  expect(code).toBe(0);
  for (const { flag, env, section, sentence } of Object.values<OptionSpec<unknown>>(OPTIONS)) {
    if (section === 'client') continue;
    expect(out).toContain(sentence);
    expect(out).toContain(flag === null ? String(env) : `--${flag}`);
  }
  expect((await run('--help')).out).toContain('Does start.');
});

test('with --json a failure is JSON as well, and holds no key', async () => {
  fail = new CommandError('no way, aicost_abc_0123456789abcdef');
  const { code, err } = await run('keys create --json');
  expect(code).toBe(1);
  expect(JSON.parse(err)).toEqual({ error: 'no way, aicost_abc_[redacted]' });
});

test('a fault of the program is not dressed up as a mistake of the caller', async () => {
  fail = new TypeError('a fault');
  await expect(run('start')).rejects.toThrow('a fault');
});
