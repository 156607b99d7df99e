// Installs what package-lock.json names, when node_modules lacks any of it. Plain JavaScript for Node 16 and up:
// it runs before anything is installed, on whatever Node the machine has.
'use strict';

const { spawn } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const PROGRESS_MS = 5000;

/** @param {string} text a line for the person who waits; standard output is left to the command */
const say = (text) => process.stderr.write(`${text}\n`);

/** @param {string} file */
function packagesOf(file) {
  const full = path.join(ROOT, file);
  return existsSync(full) ? JSON.parse(readFileSync(full, 'utf8')).packages : {};
}

/**
 * Whether every package of the lock file is installed in the version it names. npm writes what it installed into
 * node_modules/.package-lock.json. An optional package may be missing: it may not exist for this platform.
 */
function isInstalled() {
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(packagesOf('package-lock.json')).every(([name, wanted]) => {
    if (!name.includes('node_modules/') || wanted.optional) return true;
    const found = installed[name];
    return found !== undefined && (wanted.link === true || found.version === wanted.version);
  });
}

/** npm puts node_modules/.bin first on the PATH; the npm that replaces node_modules must not run from inside it. */
function environmentOutsideModules() {
  const environment = { ...process.env };
  const name = Object.keys(environment).find((key) => key.toUpperCase() === 'PATH') || 'PATH';
  environment[name] = (environment[name] || '')
    .split(path.delimiter)
    .filter((folder) => !folder.includes(`node_modules${path.sep}.bin`))
    .join(path.delimiter);
  return environment;
}

/** @returns {Promise<number>} the exit code of npm ci */
function runNpmCi() {
  return new Promise((resolve, reject) => {
    const startedMs = Date.now();
    const seconds = () => Math.round((Date.now() - startedMs) / 1000);
    say('Installing dependencies (npm ci). The first time this takes a minute or two.');
    const timer = setInterval(() => say(`  … still installing, ${seconds()} s`), PROGRESS_MS);
    const npm = spawn(
      'npm',
      ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
      {
        cwd: ROOT,
        env: environmentOutsideModules(),
        shell: process.platform === 'win32',
        // npm's own output goes to standard error too.
        stdio: ['ignore', 2, 2],
      },
    );
    npm.on('error', reject);
    npm.on('close', (code) => {
      clearInterval(timer);
      if (code === 0) say(`Installed in ${seconds()} s.`);
      resolve(code === null ? 1 : code);
    });
  });
}

/** Installs what is missing, or ends the process with npm's code and a sentence. */
async function ensureInstalled() {
  if (isInstalled()) return;
  const code = await runNpmCi().catch((error) => {
    say(
      `npm could not be started (${error.message}). Install Node with npm from https://nodejs.org.`,
    );
    return 1;
  });
  if (code === 0) return;
  say(`npm ci failed with code ${code}; the reason is above. Run it by itself to see more: npm ci`);
  process.exit(code);
}

module.exports = { ensureInstalled, isInstalled, ROOT, say };
