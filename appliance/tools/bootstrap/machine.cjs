/** What can be told about the machine before anything is installed. */
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Failure } = require('./progress.cjs');

/** tcx links and BPF_FIB_LOOKUP_TBID came by then. */
const OLDEST_KERNEL = [6, 6];

/** Words for a shell, quoted only where needed. */
function shellLine(words) {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`)).join(' ');
}

/** The command as its user typed it, with sudo in front. */
function sudoLine(options) {
  const script = options.name === 'start' || options.name === 'test' ? [options.name] : ['run', options.name];
  const args = options.args.length > 0 ? ['--'].concat(options.args) : [];
  // sudo's own PATH has no Node that was installed below a home directory.
  const node = path.dirname(process.execPath);
  const environment = /^\/(usr\/(local\/)?)?bin$/.test(node)
    ? []
    : ['env', `PATH=${node}:/usr/sbin:/usr/bin:/sbin:/bin`];
  return shellLine(['sudo'].concat(environment, ['npm'], script, args));
}

/** @throws Failure when this is no Linux that the programs exist for, or we are not root */
function checkMachine(root, options) {
  if (process.platform !== 'linux' || ['x64', 'arm64'].indexOf(process.arch) < 0) {
    throw new Failure(
      `This machine cannot: Sixgate runs on Linux on x86-64 and arm64, this is ${os.type()} ${os.arch()}.`,
      77,
    );
  }
  if (process.getuid() !== 0) {
    throw new Failure(
      `eBPF programs and network namespaces need root. Type:\n\n    cd ${shellLine([root])} && ${sudoLine(options)}\n`,
    );
  }
}

/** @throws Failure (77) when the kernel is too old or was built without what we need */
function checkKernel() {
  const release = os.release();
  const [major, minor] = release.split('.').map((part) => parseInt(part, 10));
  if (major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1])) {
    const hint = 'On Debian 12 the package linux-image-amd64 of bookworm-backports brings a newer one.';
    throw new Failure(
      `This machine cannot: Linux ${release} is too old, ${OLDEST_KERNEL.join('.')} is the oldest that has what Sixgate needs (tcx). ${hint}`,
      77,
    );
  }
  if (!fs.existsSync('/sys/kernel/btf/vmlinux')) {
    throw new Failure(
      `This machine cannot: Linux ${release} was built without BTF (CONFIG_DEBUG_INFO_BTF), so /sys/kernel/btf/vmlinux is missing.`,
      77,
    );
  }
}

module.exports = { checkMachine, checkKernel, sudoLine };
