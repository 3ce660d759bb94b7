/** The machines that `hearth boot` can start. QEMU has no Raspberry Pi 5. */
export const boards = ['virt', 'raspi3b', 'raspi4b'] as const;
export type Board = (typeof boards)[number];

/** Raspberry Pi models whose firmware rules are known here. */
export type PiModel = 'pi3' | 'pi4' | 'pi5';

export interface BoardFacts {
  /** Whose sections of config.txt apply. `virt` is no Pi: it takes what a Pi 4 would. */
  readonly model: PiModel;
  /** The serial port that QEMU shows us, as the guest names it. */
  readonly console: string;
  /** The guest's device for the command channel; none where QEMU's board has no bus for one. */
  readonly channel?: string;
  readonly hasNetwork: boolean;
  readonly hasSnapshots: boolean;
  /** After a reset QEMU's USB controller of a Pi finds no device any more: a restart needs a new QEMU. */
  readonly survivesReset: boolean;
  readonly memoryBytes: number;
  /** Some boards have a fixed number of cores or amount of memory. */
  readonly isMemoryFixed: boolean;
  readonly cores: number;
  /** What the kernel must be told on this board of QEMU, beside the console. */
  readonly kernelArguments: readonly string[];
  /** QEMU refuses an SD card whose size is no power of two. */
  readonly needsPowerOfTwoCard: boolean;
}

const gibibyte = 1024 ** 3;

export const boardFacts: Readonly<Record<Board, BoardFacts>> = {
  virt: {
    model: 'pi4',
    console: 'ttyAMA0',
    channel: 'hvc0',
    hasNetwork: true,
    hasSnapshots: true,
    survivesReset: true,
    memoryBytes: 2 * gibibyte,
    isMemoryFixed: false,
    cores: 2,
    kernelArguments: [],
    needsPowerOfTwoCard: false,
  },
  raspi3b: {
    model: 'pi3',
    // Debian's device tree gives the first port to Bluetooth; the mini UART is the console.
    console: 'ttyS1',
    channel: 'ttyUSB0',
    hasNetwork: true,
    hasSnapshots: false,
    survivesReset: false,
    memoryBytes: gibibyte,
    isMemoryFixed: true,
    cores: 4,
    kernelArguments: [],
    needsPowerOfTwoCard: true,
  },
  raspi4b: {
    model: 'pi4',
    console: 'ttyS1',
    hasNetwork: false,
    hasSnapshots: false,
    survivesReset: false,
    memoryBytes: 2 * gibibyte,
    isMemoryFixed: true,
    cores: 4,
    kernelArguments: [
      // Devices that the device tree has and QEMU has not: the kernel panics when it touches them.
      'initcall_blacklist=brcmstb_l2_driver_init,brcmstb_i2c_driver_init',
      'clk_ignore_unused',
      // A panic before the console is up is seen, too.
      'earlycon=bcm2835aux,mmio32,0xfe215040',
    ],
    needsPowerOfTwoCard: true,
  },
};

export function isBoard(name: string): name is Board {
  return (boards as readonly string[]).includes(name);
}
