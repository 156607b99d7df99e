// `npm test`: installs what is missing, then checks the style, the types, and every test, on a Node that is new
// enough. Arguments go to Vitest and leave the other checks out. Plain JavaScript for Node 16 and up.
'use strict';

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { findNode } = require('./bundled-node.cjs');
const { ensureInstalled, ROOT, say } = require('./install.cjs');

const module_ = (...parts) => path.join(ROOT, 'node_modules', ...parts);

/** @param {readonly string[]} given */
function stepsFor(given) {
  const vitest = { name: 'tests', line: [module_('vitest', 'vitest.mjs'), 'run', ...given] };
  if (given.length > 0) return [vitest];
  return [
    { name: 'style', line: [module_('@biomejs', 'biome', 'bin', 'biome'), 'check', '.'] },
    { name: 'types', line: [module_('typescript', 'bin', 'tsc'), '--noEmit', '-p', ROOT] },
    vitest,
  ];
}

/** Programs that a test starts by the name `node` must be the same Node. */
function environmentWith(node) {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') || 'PATH';
  const folders = [path.dirname(node), module_('.bin'), process.env[name] || ''];
  return { ...process.env, [name]: folders.join(path.delimiter) };
}

async function test() {
  await ensureInstalled();
  const node = findNode();
  for (const { name, line } of stepsFor(process.argv.slice(2))) {
    say(`\n— ${name}`);
    const { status } = spawnSync(node, line, {
      cwd: ROOT,
      env: environmentWith(node),
      stdio: 'inherit',
    });
    if (status !== 0) {
      say(`\n${name}: failed.`);
      process.exit(status === null ? 1 : status);
    }
  }
}

test().catch((error) => {
  say(error.stack || String(error));
  process.exit(70);
});
