/** Attaches the wire to two ports by pinned links, as a gateway does: OBJECT INSTANCE IFINDEX IFINDEX. */
import { mkdirSync } from 'node:fs';
import { BpfLink } from '../../appliance/dataplane/link.ts';
import { BpfObject } from '../../appliance/dataplane/object.ts';

const [path = '', instance = '', ...ports] = process.argv.slice(2);
const directory = `/sys/fs/bpf/sixgate/${instance}/links`;
mkdirSync(directory, { recursive: true });
const object = BpfObject.load(path);
for (const port of ports)
  BpfLink.xdp(object.program('wire').fd, Number(port), 'native').pin(`${directory}/xdp-${port}`);
