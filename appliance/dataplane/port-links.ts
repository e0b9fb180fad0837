import { BpfError } from './libbpf.ts';
import { type AttachMode, BpfLink } from './link.ts';
import type { BpfProgram } from './object.ts';
import type { Pins } from './pins.ts';

/** How a device is attached. */
export interface Attachment {
  readonly ifindex: number;
  readonly mode: AttachMode;
}

/** The name of a pin tells device and mode: the kernel does not say in which mode a link is. */
const PIN = /^(native|generic)-(.+)$/;

/** The gateway program on the devices of the ports. */
export class PortLinks {
  readonly #pins: Pins;
  readonly #program: BpfProgram;

  constructor(pins: Pins, program: BpfProgram) {
    this.#pins = pins;
    this.#program = program;
  }

  /** By device name; devices that are gone are not in it. */
  attached(): Map<string, Attachment> {
    const found = new Map<string, Attachment>();
    for (const [name, device, mode] of this.#names()) {
      const link = BpfLink.fromPin(this.#pins.path('links', name));
      if (link === undefined) continue;
      const { ifindex } = link.info();
      link.close();
      if (ifindex !== 0) found.set(device, { ifindex, mode });
    }
    return found;
  }

  /**
   * Attaches to a device, unless it is so already. `auto` takes generic mode where native is not possible.
   * @returns the mode
   * @throws BpfError
   */
  attach(device: string, ifindex: number, wanted: AttachMode | 'auto'): AttachMode {
    const is = this.attached().get(device);
    if (is?.ifindex === ifindex && (wanted === 'auto' || wanted === is.mode)) return is.mode;
    this.detach(device);
    if (wanted !== 'auto') return this.#attach(device, ifindex, wanted);
    try {
      return this.#attach(device, ifindex, 'native');
    } catch (error) {
      if (!(error instanceof BpfError) || error.code === 'EBUSY') throw error;
      return this.#attach(device, ifindex, 'generic');
    }
  }

  /** Takes the program off a device, or forgets one that is gone. */
  detach(device: string): void {
    for (const [name, its] of this.#names()) if (its === device) detachPin(this.#pins, name);
  }

  /** Takes the programs off every device, whichever version attached them. */
  static detachAllOf(pins: Pins): void {
    for (const [name] of namesOf(pins)) detachPin(pins, name);
  }

  /** Swaps the program on every device; no packet is missed. */
  updateAll(): void {
    for (const [name] of this.#names()) {
      const link = BpfLink.fromPin(this.#pins.path('links', name));
      if (link === undefined) continue;
      if (link.info().ifindex !== 0) link.update(this.#program.fd);
      link.close();
    }
  }

  #attach(device: string, ifindex: number, mode: AttachMode): AttachMode {
    const link = BpfLink.xdp(this.#program.fd, ifindex, mode);
    link.pin(this.#pins.path('links', `${mode}-${device}`));
    link.close();
    return mode;
  }

  #names(): [pin: string, device: string, mode: AttachMode][] {
    return namesOf(this.#pins);
  }
}

function namesOf(pins: Pins): [pin: string, device: string, mode: AttachMode][] {
  return pins.names('links').flatMap((name) => {
    const match = PIN.exec(name);
    return match === null ? [] : [[name, match[2] as string, match[1] as AttachMode]];
  });
}

function detachPin(pins: Pins, name: string): void {
  BpfLink.fromPin(pins.path('links', name))?.detach();
  pins.remove('links', name);
}
