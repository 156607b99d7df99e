#!/usr/bin/env node
// The command `aicost`, and `npm start`: installs what is missing, then runs collector/src/main.ts on a Node that
// is new enough. Plain JavaScript for Node 16 and up, as it runs on whatever Node the machine has.
'use strict';

const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { findNode, isNewEnough, runInstead } = require('./bundled-node.cjs');
const { ensureInstalled, ROOT } = require('./install.cjs');

/**
 * Flags of Node for a collector. V8 grows its young generation to 64 MB and more under load, and then looks there so
 * seldom that what requests leave behind outside its heap piles up until it looks through all of it. With 8 MB it spends
 * a third of the time on garbage (docs/decisions/0013-memory-is-used-again.md).
 */
const FLAGS = require('./collector-flags.json');

/** A collector runs for weeks: the flags are worth one process more. Other commands are over at once. */
const mayRunHere = (command) =>
  isNewEnough() && (command !== 'start' || FLAGS.every((flag) => process.execArgv.includes(flag)));

async function launch() {
  await ensureInstalled();
  const given = process.argv.slice(2);
  if (mayRunHere(given[0])) {
    const { main } = await import(
      pathToFileURL(path.join(ROOT, 'collector', 'src', 'main.ts')).href
    );
    await main();
  } else {
    runInstead(findNode(), [...FLAGS, __filename, ...given]);
  }
}

launch().catch((error) => {
  process.stderr.write(`${error.stack || error}\n`);
  process.exit(70);
});
