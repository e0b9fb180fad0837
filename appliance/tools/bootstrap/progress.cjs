/** What the user sees of the preparation: one line a step; everything else goes to the log. */
'use strict';
const childProcess = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const LAST_LINES = 25;

/** A preparation that cannot go on, in a sentence for the user. */
class Failure extends Error {
  /** @param {number} status 1 failed, 2 usage, 77 this machine cannot */
  constructor(sentence, status) {
    super(sentence);
    this.status = status === undefined ? 1 : status;
  }
}

/** Where a step writes, and how it runs programs. */
class Log {
  constructor(file) {
    this.file = file;
  }

  write(text) {
    fs.appendFileSync(this.file, text);
  }

  /**
   * Runs a program with its output in the log.
   * @returns {Promise<{status: number, output: string}>} -1 when it could not be started or was killed
   */
  try(program, args, options) {
    this.write(`$ ${[program].concat(args).join(' ')}\n`);
    return new Promise((resolve) => {
      const child = childProcess.spawn(program, args, Object.assign({ stdio: ['ignore', 'pipe', 'pipe'] }, options));
      let output = '';
      const collect = (data) => {
        output = (output + data).slice(-200000);
        this.write(data);
      };
      child.stdout.on('data', collect);
      child.stderr.on('data', collect);
      child.on('error', (error) => resolve({ status: -1, output: `${program}: ${error.message}` }));
      child.on('close', (code) => resolve({ status: code === null ? -1 : code, output }));
    });
  }

  /** Runs a program that must succeed. @throws Failure; status 77 is passed on, with what the program said */
  async run(program, args, options) {
    const { status, output } = await this.try(program, args, options);
    if (status === 77) throw new Failure(output.trim().split('\n').pop(), 77);
    if (status !== 0) throw new Failure(`${path.basename(args.length > 0 ? args[args.length - 1] : program)} failed.`);
    return output;
  }
}

class Progress {
  /** @param {boolean} quiet show nothing unless a step fails or takes long */
  constructor(root, quiet) {
    this.root = root;
    this.quiet = quiet;
    this.terminal = process.stderr.isTTY === true;
    this.started = Date.now();
  }

  begin() {
    fs.mkdirSync(path.join(this.root, '.sixgate'), { recursive: true });
    this.log = new Log(path.join(this.root, '.sixgate/start.log'));
    fs.writeFileSync(this.log.file, `${new Date().toISOString()} ${process.argv.slice(2).join(' ')}\n`);
  }

  /** Runs one step and hands through what it gives back. */
  async step(name, work) {
    const begun = Date.now();
    this.log.write(`== ${name}\n`);
    if (this.terminal && !this.quiet) process.stderr.write(`  ${name} …`);
    const result = await work(this.log);
    const seconds = ((Date.now() - begun) / 1000).toFixed(1);
    if (!this.quiet)
      process.stderr.write(`${this.terminal ? '\r' : ''}  ${name.padEnd(12)} ${seconds.padStart(6)} s\n`);
    return result;
  }

  /** One line beside the steps: why it takes long, what is being installed. */
  note(sentence) {
    process.stderr.write(`${this.terminal ? '\r' : ''}  … ${sentence}\n`);
  }

  /** Lines that belong to the step before. */
  table(text) {
    const lines = text.trim() === '' ? [] : text.trim().split('\n');
    for (const line of lines) process.stderr.write(`      ${line}\n`);
  }

  /** Shows the end of the log, unless the sentence says it all. */
  fail(failure) {
    process.stderr.write('\n');
    if (failure.status !== 1) return;
    const lines = fs.readFileSync(this.log.file, 'utf8').trimEnd().split('\n').slice(-LAST_LINES);
    process.stderr.write(`${lines.map((line) => `    ${line}`).join('\n')}\n  The whole log: ${this.log.file}\n`);
  }

  end() {
    this.log.write(`== ended after ${((Date.now() - this.started) / 1000).toFixed(1)} s\n`);
  }
}

module.exports = { Failure, Log, Progress };
