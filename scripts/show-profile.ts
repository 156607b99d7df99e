// `npm run profile:show -- FILE.cpuprofile [ROWS]`: where a CPU profile of Node says that time went, by function and by
// folder. The idle time of the process is left out, so shares are of what it worked.
import { readFileSync } from 'node:fs';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
}

/** The part of a .cpuprofile that is read: nodes, and which was on top at each sample, with the µs since the last. */
interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const IDLE = new Set(['(idle)', '(program)', '(root)']);
const ROWS = 25;

/** `collector/src/rows` of a file there; the package of a file in node_modules; `node` for Node's own. */
function folderOf(url: string): string {
  const path = decodeURIComponent(url.replace(/^file:\/\//, ''));
  const own = /\/((?:collector|clickhouse|queries)\/src(?:\/[\w-]+)*)\/[^/]+$/.exec(path)?.[1];
  const used = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  return own ?? used ?? (path === '' || path.startsWith('node:') ? 'node' : path);
}

function selfTimes(profile: Profile, nameOf: (node: ProfileNode) => string): Map<string, number> {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const times = new Map<string, number>();
  for (const [at, id] of profile.samples.entries()) {
    const node = byId.get(id);
    if (node === undefined || IDLE.has(node.callFrame.functionName)) continue;
    const name = nameOf(node);
    times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[at] ?? 0));
  }
  return times;
}

function show(title: string, times: ReadonlyMap<string, number>, rows: number): string {
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  const lines = [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, rows)
    .map(([name, time]) => {
      const share = ((100 * time) / all).toFixed(1).padStart(5);
      return `${share} %  ${(time / 1000).toFixed(0).padStart(8)} ms  ${name}`;
    });
  return `${title} (${(all / 1000).toFixed(0)} ms of work)\n${lines.join('\n')}\n`;
}

const [file, rows = String(ROWS)] = process.argv.slice(2);
if (file === undefined) throw new Error('expected the path of a .cpuprofile');
const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile;
const byFolder = selfTimes(profile, ({ callFrame }) => folderOf(callFrame.url));
const byFunction = selfTimes(profile, ({ callFrame: { functionName, url, lineNumber } }) => {
  const place = url === '' ? '' : `${folderOf(url)}/${url.split('/').at(-1)}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'} ${place}`.trim();
});
process.stdout.write(show('By folder', byFolder, Number(rows)));
process.stdout.write(show('\nBy function', byFunction, Number(rows)));
