#!/usr/bin/env node
// The command `aicost`, and `npm start`: installs what is missing, then runs collector/src/main.ts on a Node that
// is new enough. Plain JavaScript for Node 16 and up, as it runs on whatever Node the machine has.
'use strict';

const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { findNode, isNewEnough, runInstead } = require('./bundled-node.cjs');
const { ensureInstalled, ROOT } = require('./install.cjs');

async function launch() {
  await ensureInstalled();
  if (isNewEnough()) {
    const { main } = await import(
      pathToFileURL(path.join(ROOT, 'collector', 'src', 'main.ts')).href
    );
    await main();
  } else {
    runInstead(findNode(), [__filename, ...process.argv.slice(2)]);
  }
}

launch().catch((error) => {
  process.stderr.write(`${error.stack || error}\n`);
  process.exit(70);
});
