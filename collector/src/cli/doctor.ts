// `aicost doctor`: looks at what usually is wrong, and says for each finding what to do next.
import { access, constants, stat, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readCollectorFile } from '../collector-file.ts';
import { findKey, openCollectorClient } from './collector-client.ts';
import { type Command, CommandError, type CommandInput } from './command.ts';

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** What was seen; for a fault also what to do. */
  readonly detail: string;
}

const DISK_FREE_BYTES_ADVISED = 2e9;
const NODE_MAJOR_NEEDED = 24;
const ANSWER_TIMEOUT_MS = 5_000;

const readySchema = z.looseObject({
  parts: z.array(z.looseObject({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

function checkNode(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  const ok = major >= NODE_MAJOR_NEEDED;
  const todo = ok ? '' : `; expected ${NODE_MAJOR_NEEDED} or newer: start it with npm start`;
  return { name: 'node', ok, detail: `Node ${process.versions.node}${todo}` };
}

async function checkDirectory(dataDir: string): Promise<Finding> {
  const path = resolve(dataDir);
  try {
    await access(path, constants.R_OK | constants.W_OK);
    const { bavail, bsize } = await statfs(path);
    const free = bavail * bsize;
    const ok = free >= DISK_FREE_BYTES_ADVISED;
    const todo = ok ? '' : '; the journal needs room: free some';
    return {
      name: 'data directory',
      ok,
      detail: `${path}, ${Math.floor(free / 1e6)} MB free${todo}`,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name: 'data directory', ok: false, detail: `${reason}; name another with --data-dir` };
  }
}

async function checkKeyFile(input: CommandInput): Promise<Finding> {
  const { config } = input;
  try {
    await findKey(config);
    if (config.key !== null) return { name: 'key', ok: true, detail: 'from AICOST_KEY' };
    const path = config.keyFile ?? join(config.dataDir, 'admin.key');
    const isPrivate = ((await stat(path)).mode & 0o077) === 0;
    const detail = isPrivate ? path : `${path} can be read by others: chmod 600 ${path}`;
    return { name: 'key', ok: isPrivate, detail };
  } catch (error) {
    return { name: 'key', ok: false, detail: messageOf(error) };
  }
}

async function checkCollector(input: CommandInput): Promise<Finding[]> {
  const file = await readCollectorFile(input.config.dataDir);
  const url = input.config.url ?? file?.http;
  if (url === undefined) {
    const detail = 'none runs on this data directory; start one with aicost start';
    return [{ name: 'collector', ok: false, detail }];
  }
  try {
    const response = await fetch(`${url}/readyz?for=query`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const { parts } = readySchema.parse(await response.json());
    const findings = parts.map(({ name, ok, detail }) => ({ name: `part ${name}`, ok, detail }));
    return [{ name: 'collector', ok: true, detail: url }, ...findings];
  } catch (error) {
    const detail = `${url} does not answer as a collector (${messageOf(error)}); is it still running?`;
    return [{ name: 'collector', ok: false, detail }];
  }
}

async function checkAccess(input: CommandInput): Promise<Finding> {
  try {
    const client = await openCollectorClient(input.config);
    await client.ask('GET', '/api/v1/admin/keys');
    return { name: 'access', ok: true, detail: 'the key is accepted' };
  } catch (error) {
    return { name: 'access', ok: false, detail: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  return error instanceof Error ? error.message : String(error);
}

async function doctor(input: CommandInput): Promise<number> {
  const findings = [
    checkNode(),
    await checkDirectory(input.config.dataDir),
    await checkKeyFile(input),
    ...(await checkCollector(input)),
    await checkAccess(input),
  ];
  const ok = findings.every((finding) => finding.ok);
  if (input.json) input.io.write(`${JSON.stringify({ ok, findings })}\n`);
  else {
    for (const finding of findings) {
      input.io.write(`${finding.ok ? 'ok   ' : 'WRONG'} ${finding.name}: ${finding.detail}\n`);
    }
  }
  return ok ? 0 : 1;
}

export const DOCTOR_COMMAND: Command = {
  name: 'doctor',
  sentence: 'Look at what usually is wrong, and say what to do.',
  takes: 'client',
  flags: [],
  positionals: [],
  run: doctor,
};
