#!/usr/bin/env node
// The command `aicost`, and `npm start`: installs what is missing, then runs collector/src/main.ts on a Node that
// is new enough. Plain JavaScript for Node 16 and up, as it runs on whatever Node the machine has.
'use strict';

const { enableCompileCache } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { findNode, isNewEnough, runInstead } = require('./bundled-node.cjs');
const { ensureInstalled, ROOT } = require('./install.cjs');

/**
 * How glibc is to keep memory for a collector: by itself it holds on to what large bodies leave behind, 100 MB of it
 * under load (docs/decisions/0010-memory-has-a-budget.md). It reads this when a process begins.
 */
const ENVIRONMENT = require('./collector-env.json');

/**
 * Compiled code is kept, here and by what this starts: a command then takes half the CPU time until it does its work.
 * Where nothing can be written it is compiled each time, and nothing is said.
 */
const COMPILED = path.join(ROOT, 'node_modules', '.cache', 'aicost', 'compiled');

/** A collector runs for weeks: that is worth one process more. Other commands are over at once. */
const mayRunHere = (command) =>
  isNewEnough() &&
  (command !== 'start' || Object.keys(ENVIRONMENT).every((name) => process.env[name]));

async function launch() {
  await ensureInstalled();
  const given = process.argv.slice(2);
  if (mayRunHere(given[0])) {
    enableCompileCache(process.env['NODE_COMPILE_CACHE'] || COMPILED);
    const { main } = await import(
      pathToFileURL(path.join(ROOT, 'collector', 'src', 'main.ts')).href
    );
    await main();
  } else {
    runInstead(findNode(), [__filename, ...given], { ...ENVIRONMENT, ...process.env });
  }
}

launch().catch((error) => {
  process.stderr.write(`${error.stack || error}\n`);
  process.exit(70);
});
