/**
 * Every file of the journal × everything that may happen to it. Whatever does, the start succeeds, every acknowledged
 * row before the damage is there, nothing that was not written is, and what is lost is told.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { before, checkStart, cut, edit, makeWorld, type World } from './corruption.contract.ts';
import { diskFiles } from './segment-files.ts';
import { Life, ShakyDisk } from './test-journal.ts';

// Each test syncs a real disk many times, which a busy machine may do slowly.
vi.setConfig({ testTimeout: 120_000 });

const RUNS = Number(process.env['AICOST_FUZZ_RUNS'] ?? 40);
let world: World;

beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => diskFiles.remove(world.directory));

/** What happens to a file of so many bytes, and which byte is the first that is not as it was. */
const KINDS: [string, (path: string, size: number) => Promise<number>][] = [
  ...[0, 1, 20, 36].map((at): (typeof KINDS)[number] => [
    `is cut to ${at} bytes`,
    (path, size) => cutTo(path, at, size),
  ]),
  ['is cut in the middle', (path, size) => cutTo(path, size >>> 1, size)],
  ['loses its last byte', (path, size) => cutTo(path, size - 1, size)],
  ['ends in zeros', (path, size) => zeroFrom(path, Math.max(0, size - 16))],
  ['is zeros', (path) => zeroFrom(path, 0)],
  ['has a bit flipped at its start', (path) => flipAt(path, 0)],
  ['has a bit flipped in the middle', (path, size) => flipAt(path, size >>> 1)],
  ['has a bit flipped at its end', (path, size) => flipAt(path, size - 1)],
  ['is of another version', (path, size) => flipAt(path, Math.min(8, size - 1))],
  [
    'has its tail twice',
    async (path, size) => {
      await edit(path, (bytes) => Buffer.concat([bytes, bytes.subarray(-90)]));
      return size;
    },
  ],
  [
    'is garbage',
    async (path) => {
      await edit(
        path,
        (bytes) => bytes.map((byte, at) => (byte * 7 + at * 13 + 5) & 0xff) as Buffer,
      );
      return 0;
    },
  ],
  [
    'is missing',
    async (path) => {
      await rm(path);
      return 0;
    },
  ],
  [
    'is a directory',
    async (path) => {
      await rm(path);
      await mkdir(path);
      return 0;
    },
  ],
];

async function cutTo(path: string, at: number, size: number): Promise<number> {
  const end = Math.min(at, size);
  await cut(path, end);
  return end;
}

async function zeroFrom(path: string, from: number): Promise<number> {
  await edit(path, (bytes) => bytes.fill(0, from));
  return from;
}

async function flipAt(path: string, at: number): Promise<number> {
  await edit(path, (bytes) => {
    bytes[at]! ^= 0x10;
    return bytes;
  });
  return at;
}

async function strikeAll(happen: (path: string, size: number) => Promise<number>): Promise<void> {
  for (const file of world.files) {
    let at = 0;
    const size = (await readFile(join(world.directory, file.path))).length;
    const strike = async (copy: string) => {
      at = await happen(join(copy, file.path), size);
    };
    const survivors: number[] = [];
    const found = await checkStart(
      world,
      async (copy) => {
        await strike(copy);
        survivors.push(...before(file, at));
      },
      { struck: file.path, survivors },
    ).catch((error: unknown) => error);
    expect(found, file.path).toBeUndefined();
  }
}

describe('any file of the journal', () => {
  it('of which nothing is wrong: everything is there, and every span is known', async () => {
    await checkStart(world, async () => undefined, { struck: '', survivors: [] });
  });

  it.for(KINDS)('that %s costs no other file anything, and what it costs is told', ([, happen]) =>
    strikeAll(happen),
  );

  it('struck at random, many times', { timeout: 60_000 + RUNS * 500 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          file: fc.nat(),
          at: fc.nat(),
          length: fc.integer({ min: 1, max: 40 }),
          kind: fc.constantFrom('flip', 'zero', 'cut', 'insert', 'remove'),
        }),
        async ({ file: number, at: place, length, kind }) => {
          const file = world.files[number % world.files.length]!;
          const survivors: number[] = [];
          await checkStart(
            world,
            (copy) =>
              edit(join(copy, file.path), (bytes) => {
                const at = place % Math.max(1, bytes.length);
                survivors.push(...before(file, at));
                return struck(bytes, { at, length, kind });
              }),
            { struck: file.path, survivors },
          );
        },
      ),
      { numRuns: RUNS },
    );
  });
});

function struck(
  bytes: Buffer,
  { at, length, kind }: { at: number; length: number; kind: string },
): Buffer {
  switch (kind) {
    case 'flip':
      bytes[at]! ^= 1 << (length & 7);
      return bytes;
    case 'zero':
      return bytes.fill(0, at, Math.min(bytes.length, at + length));
    case 'cut':
      return bytes.subarray(0, at);
    case 'insert':
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(length, 0xa5), bytes.subarray(at)]);
    default:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  }
}

/** A disk that cannot read one file. */
class DeafDisk extends ShakyDisk {
  path = '';
  code = 'EIO';

  override read(path: string): Promise<Buffer> {
    return this.isStruck(path) ? this.fault() : super.read(path);
  }

  override readRange(path: string, offset: number, length: number): Promise<Buffer> {
    return this.isStruck(path) ? this.fault() : super.readRange(path, offset, length);
  }

  private isStruck(path: string): boolean {
    return this.path !== '' && path.endsWith(this.path);
  }

  private fault(): Promise<never> {
    const about = { code: this.code, syscall: 'read' };
    return Promise.reject(Object.assign(new Error(`${this.code}: told to fail, read`), about));
  }
}

describe('a file that the disk cannot read', () => {
  it('costs no other file anything, and what it costs is told', async () => {
    for (const { path } of world.files) {
      const disk = new DeafDisk();
      disk.path = path;
      await checkStart(world, async () => undefined, { struck: path, survivors: [], disk });
    }
  });

  it('for want of the right to ends the start, and nothing is set aside', async () => {
    const { path } = world.files.find((file) => file.path.startsWith('sealed'))!;
    const disk = new DeafDisk();
    Object.assign(disk, { path, code: 'EACCES' });
    await expect(Life.begin({ directory: world.directory, disk })).rejects.toThrow('EACCES');
    expect(await diskFiles.list(join(world.directory, 'damaged'))).toEqual([]);
  });
});

describe('a stray file where folders belong', () => {
  it.for(['open', 'sealed', 'done', 'poison', 'split'])('in %s/ is put aside', async (state) => {
    const strike = (copy: string) => writeFile(join(copy, state, 'notes.txt'), 'of a person');
    await checkStart(world, strike, { struck: '', survivors: [] });
  });

  it.for(['open', 'sealed', 'done', 'poison', 'split', 'damaged'])(
    'in the place of %s/ ends the start, with the path',
    async (state) => {
      const life = await Life.begin();
      life.kill();
      await rm(join(life.directory, state), { recursive: true });
      await writeFile(join(life.directory, state), '');
      await expect(Life.begin({ directory: life.directory })).rejects.toThrow(state);
      await diskFiles.remove(life.directory);
    },
  );
});
