/**
 * A file that an export is written to: `<file>.partial` until it is whole, and beside it what is needed to go on.
 * Invariant: a file under its own name is whole, and its checksum is the collector's.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { CommandError } from './command.ts';

const STATE_SCHEMA = z.object({
  /** What was asked: path and query. */
  path: z.string(),
  token: z.string(),
});
type State = z.output<typeof STATE_SCHEMA>;

export interface PartialFile {
  /** Bytes that are there. */
  bytes(): number;
  write(chunk: Buffer): Promise<void>;
  /** Notes how to go on; null: it cannot. */
  noteState(state: State | null): Promise<void>;
  /** Gives the file its name, if it is what `sha256` says. Throws CommandError. */
  finish(sha256: string): Promise<void>;
  close(): Promise<void>;
}

/** Begins the file anew. */
export async function beginFile(file: string): Promise<PartialFile> {
  return partialFile(file, await open(`${file}.partial`, 'w'), {
    hash: createHash('sha256'),
    bytes: 0,
  });
}

/** Goes on with what is there. Throws CommandError when nothing is. */
export async function continueFile(file: string): Promise<{ state: State; partial: PartialFile }> {
  const state = await readState(file);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(`${file}.partial`) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  const handle = await open(`${file}.partial`, 'a');
  return { state, partial: partialFile(file, handle, { hash, bytes }) };
}

async function readState(file: string): Promise<State> {
  try {
    return STATE_SCHEMA.parse(JSON.parse(await readFile(`${file}.partial.json`, 'utf8')));
  } catch (cause) {
    throw new CommandError(
      `There is no export to go on with: ${file}.partial.json cannot be read. Start it without --resume.`,
      { cause },
    );
  }
}

function partialFile(
  file: string,
  handle: FileHandle,
  held: { readonly hash: Hash; bytes: number },
): PartialFile {
  const statePath = `${file}.partial.json`;
  return {
    bytes: () => held.bytes,
    write: async (chunk) => {
      await handle.appendFile(chunk);
      held.hash.update(chunk);
      held.bytes += chunk.length;
    },
    noteState: (state) =>
      state === null
        ? rm(statePath, { force: true })
        : writeFile(statePath, JSON.stringify(state), { mode: 0o600 }),
    finish: async (sha256) => {
      await rm(statePath, { force: true });
      if (held.hash.digest('hex') !== sha256) {
        throw new CommandError(
          `${file}.partial is not what the collector has now: what was exported changed since. Start it without --resume.`,
        );
      }
      await handle.sync();
      await rename(`${file}.partial`, file);
    },
    close: () => handle.close(),
  };
}
