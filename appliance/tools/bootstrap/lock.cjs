/** Locks between processes: flock(1) holds one for us, and lets go when we end, however we end. */
'use strict';
const childProcess = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/**
 * Waits for the lock on a file, which is made if need be.
 * @param {() => void} waiting called once when somebody else holds it
 * @returns {Promise<() => void>} gives it back
 */
function lock(file, waiting) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  return new Promise((resolve, reject) => {
    // The holder reads its standard input, which closes with us.
    const holder = childProcess.spawn('flock', [file, 'sh', '-c', 'echo held; read -r line'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const timer = setTimeout(waiting, 1000);
    holder.on('error', reject);
    holder.on('exit', () => reject(new Error(`the lock ${file} cannot be had`)));
    holder.stdin.on('error', () => {});
    holder.stdout.once('data', () => {
      clearTimeout(timer);
      holder.removeAllListeners('exit');
      holder.on('exit', () => {});
      resolve(() => holder.stdin.end());
    });
  });
}

module.exports = { lock };
