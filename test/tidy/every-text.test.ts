/** What may not stand in any text of the repository, code or not. */
import { expect, test } from 'vitest';
import { listFiles, readText } from './repository-files.ts';

interface TextRule {
  readonly title: string;
  readonly pattern: RegExp;
  readonly instead: string;
  /** Texts it finds, and texts that are no fault. */
  readonly finds: readonly string[];
  readonly leaves: readonly string[];
}

/** Put together, so that the rules do not find themselves. */
const words = (...parts: readonly string[]): string => parts.join('');
const [todo, fixme] = [words('TO', 'DO'), words('FIX', 'ME')];
const places = [words('/wo', 'rk'), words('/ro', 'ot'), words('/tmp/', 'plan')];

const TEXT_RULES: readonly TextRule[] = [
  {
    title: 'what is left to do has an issue number',
    pattern: new RegExp(`\\b(${todo}(?!\\(#\\d+\\))|${fixme}|${words('XX', 'X')})\\b`),
    instead: `write ${todo}(#12), or do it`,
    finds: [`// ${todo}: later`, `// ${fixme}(#1)`],
    leaves: [`// ${todo}(#12): later`, 'mastodon'],
  },
  {
    title: "no path of a developer's machine",
    pattern: new RegExp(
      `(?<![\\w.~}-])(${places.join('|')}|/home/\\w+|/Users/\\w+)(?=[/"'\`\\s]|$)`,
    ),
    instead: 'make it relative to the repository',
    finds: [
      `cd ${places[0]}/main`,
      `'${places[1]}/x'`,
      `see ${places[2]}/a`,
      words('/home/', 'me/x'),
    ],
    leaves: ['https://a.example/root/x', 'import.meta.dirname'],
  },
  {
    title: 'no tool of one workplace',
    pattern: new RegExp(`\\b${words('far', 'm-')}|${words('\\.lib', 'rary\\/')}`),
    instead: 'name what anybody can run',
    finds: [words('far', 'm-stats'), words('.lib', 'rary/x')],
    leaves: ['a farm of servers', "'my.library'"],
  },
  {
    title: 'no half-done merge',
    pattern: /^(<{7}|>{7}|={7}$)/,
    instead: 'finish the merge',
    finds: ['<<<<<<< HEAD', '======='],
    leaves: ['=== a'],
  },
];

/** Files in which a machine wrote the text, or a price page's words are quoted. */
const isOurs = (path: string): boolean => path !== 'package-lock.json';

test.for(TEXT_RULES)('$title', ({ pattern, instead, finds, leaves }) => {
  for (const text of finds) expect(text).toMatch(pattern);
  for (const text of leaves) expect(text).not.toMatch(pattern);
  const wrong = listFiles()
    .filter(isOurs)
    .flatMap((path) =>
      readText(path)
        .split('\n')
        .flatMap((line, index) =>
          pattern.test(line) ? [`${path}:${index + 1}: ${instead}.`] : [],
        ),
    );
  expect(wrong).toEqual([]);
});
