/** Documentation that can be followed: its links, paths and commands lead somewhere; decisions have one form. */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listMarkdown, ROOT, readJson, readText } from './repository-files.ts';

/** The prose of a page, without its code blocks. */
const prose = (path: string): string => readText(path).replaceAll(/^```.*?^```/gms, '');

const everyPage = (judge: (path: string) => string[]): string[] => listMarkdown().flatMap(judge);

const isThere = (path: string): boolean => existsSync(join(ROOT, path));

test('every link to a file of the repository leads there', () => {
  const wrong = everyPage((page) =>
    [...prose(page).matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+)(?:#[^)]*)?\)/g)]
      .filter(([, target]) => !isThere(posix.join(posix.dirname(page), target!)))
      .map(([, target]) => `${page}: ${target} is not there.`),
  );
  expect(wrong).toEqual([]);
});

test('every path in code marks is there', () => {
  const FOLDERS = 'collector|clickhouse|queries|scripts|bench|test|docs';
  const paths = new RegExp(`\`((?:${FOLDERS})/[\\w./-]*)\``, 'g');
  const wrong = everyPage((page) =>
    [...prose(page).matchAll(paths)]
      .filter(([, path]) => !path!.includes('NNNN') && !isThere(path!))
      .map(([, path]) => `${page}: ${path} is not there.`),
  );
  expect(wrong).toEqual([]);
});

test('every npm command is one of package.json', () => {
  const scripts = Object.keys(readJson<{ scripts: object }>('package.json').scripts);
  const wrong = everyPage((page) =>
    [...readText(page).matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)]
      .map(([, run, own]) => (run ?? own)!)
      .filter((name) => !scripts.includes(name))
      .map((name) => `${page}: package.json has no script ${name}.`),
  );
  expect(wrong).toEqual([]);
});

test('every page has one title, at its top', () => {
  const wrong = everyPage((page) => {
    const lines = prose(page).split('\n');
    const titles = lines.filter((line) => /^# /.test(line));
    const first = lines.find((line) => line.trim() !== '' && !line.startsWith('<!--'));
    return titles.length === 1 && first === titles[0] ? [] : [`${page}: ${titles.length} titles.`];
  });
  expect(wrong).toEqual([]);
});

describe('decisions', () => {
  const FOLDER = 'docs/decisions/';
  const pages = listMarkdown().filter((path) => path.startsWith(FOLDER));

  test('are numbered without a gap: NNNN-title.md', () => {
    const names = pages.map((page) => page.slice(FOLDER.length));
    for (const name of names) expect(name).toMatch(/^\d{4}-[a-z0-9]+(-[a-z0-9]+)*\.md$/);
    const numbers = names.map((name) => Number(name.slice(0, 4)));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  test.for(pages)('%s tells context, decision, and what it costs', (page) => {
    const headings = prose(page)
      .split('\n')
      .filter((line) => /^##? /.test(line));
    const number = Number(page.slice(FOLDER.length, FOLDER.length + 4));
    expect(headings[0]).toMatch(new RegExp(`^# ${number}\\. \\S`));
    expect(headings.slice(1)).toEqual(['## Context', '## Decision', '## What it costs']);
  });
});
