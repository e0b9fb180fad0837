import { BpfLink } from './link.ts';
import type { BpfProgram } from './object.ts';
import type { Pins } from './pins.ts';

/** The programs at the far end of the door: tc does the work, XDP only makes the end take redirected frames. */
export class DoorLinks {
  readonly #pins: Pins;
  readonly #door: BpfProgram;
  readonly #far: BpfProgram;

  constructor(pins: Pins, door: BpfProgram, far: BpfProgram) {
    this.#pins = pins;
    this.#door = door;
    this.#far = far;
  }

  /** Attaches both to the far end, unless they are there. */
  attach(farIfindex: number): void {
    this.#ensure('door_tc', farIfindex, () => BpfLink.tcx(this.#door.fd, farIfindex, 'ingress'));
    this.#ensure('door_xdp', farIfindex, () => BpfLink.xdp(this.#far.fd, farIfindex, 'native'));
  }

  /** Swaps the programs after an upgrade. */
  update(): void {
    for (const [name, program] of [['door_tc', this.#door] as const, ['door_xdp', this.#far] as const]) {
      const link = BpfLink.fromPin(this.#pins.path('links', name));
      if (link !== undefined && link.info().ifindex !== 0) link.update(program.fd);
      link?.close();
    }
  }

  detach(): void {
    for (const name of ['door_tc', 'door_xdp']) {
      BpfLink.fromPin(this.#pins.path('links', name))?.detach();
      this.#pins.remove('links', name);
    }
  }

  #ensure(name: string, ifindex: number, attach: () => BpfLink): void {
    const path = this.#pins.path('links', name);
    const is = BpfLink.fromPin(path);
    if (is?.info().ifindex === ifindex) {
      is.close();
      return;
    }
    is?.detach();
    this.#pins.remove('links', name);
    const link = attach();
    link.pin(path);
    link.close();
  }
}
