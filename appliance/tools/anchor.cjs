/**
 * C text that makes clang describe in BTF everything that bpf/layout/*.h define: a variable of every structure and
 * enumeration, and an enumeration for every numeric constant. BTF otherwise holds only what maps and functions reach.
 */
'use strict';
const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

/** `#define NAME value`, where the value starts as a number or an expression in parentheses or of other names. */
const CONSTANT = /^#define (\w+)[ \t]+(?!.*(?:\\$|__attribute__|static |"))([-(\w][^\n]*)$/gm;

/**
 * @param {string} folder bpf/layout
 * @returns {string} the C source, to be compiled with -Ibpf
 */
function anchorSource(folder) {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.h'))
    .sort();
  const lines = ['#include "lib/kernel.h"', ...files.map((name) => `#include "layout/${name}"`)];
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, kind, name] of text.matchAll(/^(struct|enum) (\w+)\s*\{([^}]|\n)*?\}/gm)) {
      if (!text.includes(`${kind} ${name} {\n\t__uint(`)) lines.push(`${kind} ${name} anchor_${kind}_${name};`);
    }
    for (const [, name] of text.matchAll(CONSTANT)) {
      lines.push(`enum constant_${name} { CONSTANT_${name} = (${name}) } anchor_constant_${name};`);
    }
  }
  return `${lines.join('\n')}\n`;
}

module.exports = { anchorSource };
