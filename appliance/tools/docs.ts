/**
 * Writes docs/reference/ from what the product itself says: drop reasons from the data path, keys from the schema,
 * commands from the command tree. `--check` compares instead; exit 1 names what is stale.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { buildProgram } from '../cli/run-cli.ts';
import { everyPath, explain } from '../contract/explain.ts';
import { configSchema, featuresModule } from '../features/index.ts';
import { dropReasons } from '../model/vocab.gen.ts';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '../../../docs/reference');
const note = '<!-- Written by appliance/tools/docs.ts; change what it describes, not this file. -->';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function reasonsPage(): string {
  const rows = dropReasons.slice(1).map(({ name, text }) => [`\`${name}\``, text]);
  const intro =
    'Every packet that is received is forwarded, passed to the kernel, answered, or dropped under one of these reasons. ' +
    '`sixgate drops` and `sixgate status` count them.';
  return `# Drop reasons\n\n${note}\n\n${intro}\n\n${table(['reason', 'the packet was'], rows)}\n`;
}

function configurationPage(): string {
  const rows = everyPath(configSchema).flatMap((path) => {
    const found = explain(configSchema, path);
    if (found === undefined) return [];
    const standard = found.default === undefined ? '' : `\`${JSON.stringify(found.default)}\``;
    return [[`\`${path}\``, found.type, found.required ? 'yes' : '', standard, found.description]];
  });
  const head = ['key', 'type', 'required', 'default', 'meaning'];
  return `# Configuration keys\n\n${note}\n\n${table(head, rows)}\n`;
}

function commandPage(): string {
  const parts = {
    daemon: async () => 0,
    detach: async () => undefined,
    version: '',
    configSchema,
    featuresModule,
  };
  // The width of help must not depend on who runs this.
  const stdout = Object.create(process.stdout, { isTTY: { value: false } }) as NodeJS.WriteStream;
  const io = { stdin: process.stdin, stdout, stderr: process.stderr, env: {} };
  const program = buildProgram(io, parts, new AbortController().signal, () => undefined);
  const sections = program.commands.map(
    (command: Command) => `## sixgate ${command.name()}\n\n\`\`\`\n${command.helpInformation().trim()}\n\`\`\``,
  );
  const habits =
    '`-o json` gives the answer of the API unchanged. Exit status: 0 done, 1 failed or differences, 2 wrong usage, ' +
    '3 wrong configuration.';
  return `# Commands\n\n${note}\n\n${habits}\n\n${sections.join('\n\n')}\n`;
}

const pages: Readonly<Record<string, () => string>> = {
  'drop-reasons.md': reasonsPage,
  'configuration.md': configurationPage,
  'cli.md': commandPage,
};

const checkOnly = process.argv.includes('--check');
mkdirSync(folder, { recursive: true });
for (const [name, write] of Object.entries(pages)) {
  const path = join(folder, name);
  const text = write();
  if (!checkOnly) {
    writeFileSync(path, text);
    continue;
  }
  let is: string | undefined;
  try {
    is = readFileSync(path, 'utf8');
  } catch {
    // Not there is as stale as another text.
  }
  if (is === text) continue;
  process.stderr.write(`docs/reference/${name} is stale: node dist/appliance/tools/docs.js writes it\n`);
  process.exitCode = 1;
}
