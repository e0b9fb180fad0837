/** What each npm script runs once the machine is ready, and the Debian packages that it needs. */
'use strict';

/** To build, to run the appliance, and for the live demonstration. None of them is a daemon. */
const start = [
  'bpftool',
  'clang-19',
  'curl',
  'ethtool',
  'iperf3',
  'iproute2',
  'iputils-ping',
  'libbpf-dev',
  'libbpf1',
  'linux-libc-dev',
  'procps',
  'tcpdump',
  'traceroute',
  'util-linux',
];
/** What the tests judge with, and the sanitizers that the natively built parts of bpf/ run under. */
const test = [...start, 'git', 'libc6-dev', 'libclang-rt-19-dev', 'nftables', 'python3', 'python3-scapy', 'tshark'];

/**
 * `program`: below dist/, with its first arguments. `counts`: its last line is `N passed, N failed`, also when the
 * preparation fails. `quiet`: the steps are not shown.
 */
const verbs = {
  start: { packages: start, program: ['appliance/tools/demo.js'] },
  test: { packages: test, program: ['test/kit/runner.js'], counts: true },
  'test:all': { packages: test, program: ['appliance/tools/test-all.js'], counts: true },
  'test:sabotage': { packages: test, program: ['test/kit/runner.js', '--sabotage'], counts: true },
  'test:fuzz': { packages: test, program: ['test/fuzz/main.js'], counts: true },
  'test:fresh': { packages: [...test, 'debootstrap'], program: ['appliance/tools/fresh.js'], counts: true },
  check: { packages: test, program: ['appliance/tools/check.js'] },
  bench: { packages: test, program: ['test/bench/main.js'] },
};

module.exports = { verbs };
