/** A page of docs/send, read as a person reads it: what it configures, and what it says will be seen. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { z } from 'zod';

/** The repository's root, with a slash at the end. */
export const ROOT = new URL('../../', import.meta.url).pathname;
export const PAGES_FOLDER = 'docs/send';
export const OVERVIEW = `${PAGES_FOLDER}/README.md`;
/** The columns of the one table of each page that the test holds it to. */
const SEEN_COLUMNS = '| Payload | Signal | Model | Calls | Cost |';

export interface FencedBlock {
  readonly language: string;
  readonly text: string;
}

/** One line of the table under "What you will see": what a payload comes to, by model. */
export interface SeenLine {
  /** Path in the repository. */
  readonly payload: string;
  readonly signal: 'traces' | 'logs';
  readonly model: string;
  readonly calls: string;
  readonly cost: string;
}

export interface SendPage {
  /** File name without its ending. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly FencedBlock[];
  readonly seen: readonly SeenLine[];
}

export const readText = (path: string): string => readFileSync(ROOT + path, 'utf8');

/** Every page but the overview. */
export function listSendPages(): SendPage[] {
  return readdirSync(ROOT + PAGES_FOLDER)
    .filter((file) => file !== posix.basename(OVERVIEW))
    .map((file) => readPage(file.replace(/\.md$/, '')));
}

function readPage(name: string): SendPage {
  const path = `${PAGES_FOLDER}/${name}.md`;
  const text = readText(path);
  return { name, path, text, blocks: fencedBlocks(text), seen: seenLines(text) };
}

export function fencedBlocks(text: string): FencedBlock[] {
  return [...text.matchAll(/^```([a-z]*)\n(.*?)^```$/gms)].map(([, language = '', block = '']) => ({
    language,
    text: block,
  }));
}

const signalSchema = z.enum(['traces', 'logs']);

/** @throws Error for a line that is not of the form */
export function seenLines(text: string): SeenLine[] {
  const table = text.slice(Math.max(text.indexOf(SEEN_COLUMNS), 0)).split('\n\n')[0] ?? '';
  let payload = '';
  return table
    .split('\n')
    .slice(2)
    .filter((line) => line.startsWith('|'))
    .map((line) => {
      const cells = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      const [file = '', signal = '', model = '', calls = '', cost = ''] = cells;
      const link = /\]\(([^)]+)\)/.exec(file)?.[1];
      if (link !== undefined) payload = posix.join(PAGES_FOLDER, link);
      if (payload === '') throw new Error(`"${line}" does not link to a payload`);
      return { payload, signal: signalSchema.parse(signal), model, calls, cost };
    });
}
