// The Node that the program runs on: the running one if it is new enough, else the one that the npm package
// `node`, a pinned dependency, has brought. Plain JavaScript for Node 16 and up.
'use strict';

const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT, say } = require('./install.cjs');

const MAJOR_NEEDED = 24;

const isNewEnough = () => Number(process.versions.node.split('.')[0]) >= MAJOR_NEEDED;

const bundledPath = () =>
  path.join(
    ROOT,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );

/** The path of a Node that is new enough, or the end of the process, saying what to do. */
function findNode() {
  if (isNewEnough()) return process.execPath;
  if (existsSync(bundledPath())) return bundledPath();
  say(`This needs Node ${MAJOR_NEEDED} or newer; the running one is ${process.version}.`);
  say(`The npm package "node" would bring it, but ${bundledPath()} is missing:`);
  say('its install script did not run, or there is none for this platform. Do one of these:');
  say('  npm rebuild node --foreground-scripts     (run the install script again)');
  say(`  install Node ${MAJOR_NEEDED} from https://nodejs.org, and start again`);
  return process.exit(1);
}

/**
 * Runs a program and gives on what this process is told: signals to it, its exit code or signal from it.
 * The IPC channel lets it see when this process died without a word.
 * @param {string} program
 * @param {readonly string[]} line
 * @param {NodeJS.ProcessEnv} [env]
 */
function runInstead(program, line, env = process.env) {
  const child = spawn(program, line, { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  const forwarded = ['SIGINT', 'SIGTERM'];
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    say(`${program} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code === null ? 1 : code);
    for (const name of forwarded) process.removeAllListeners(name);
    // Dying of the same signal tells a shell the truth; where it is ignored, its number does.
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + (os.constants.signals[signal] || 0)), 1000);
  });
}

module.exports = { findNode, isNewEnough, runInstead };
