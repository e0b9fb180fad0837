/**
 * `sudo npm start`: the demonstration. Builds two laboratories of network namespaces in a tree of its own, sends real
 * traffic through real gateways, and shows what arrived at the far end. Ctrl-C, a lost parent or a kill removes it all.
 *
 * Exit status: 0 all of it worked (or the viewer ended it), 1 something did not, 2 usage, 77 this machine cannot.
 */
import { readOptions, usage } from './demo/options.ts';
import { missingPrograms, runTree } from './demo/tree.ts';

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${usage}\n`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  if (process.platform !== 'linux') {
    process.stderr.write('This machine cannot, because it does not run Linux.\n');
    return 77;
  }
  if (process.getuid?.() !== 0) {
    process.stderr.write('The demonstration makes network namespaces and needs root: sudo npm start\n');
    return 1;
  }
  const missing = missingPrograms();
  if (missing.length > 0) {
    process.stderr.write(`This machine cannot, because these programs are missing: ${missing.join(' ')}\n`);
    return 77;
  }
  return runTree(options);
}

process.exitCode = await main();
