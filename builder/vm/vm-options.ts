import type { ToolsTree } from '../host/tools-tree.ts';
import type { Board } from './board.ts';
import type { WantedForward } from './free-ports.ts';
import type { CardLayout } from './kernel-arguments.ts';
import type { Vm } from './vm.ts';

export interface VmOptions {
  readonly tools: ToolsTree;
  /** Absolute path of a raw disk image. It is never written to. */
  readonly image: string;
  /** The image's partition table: `readPartitionTable(image)`. */
  readonly card: CardLayout;
  /** Default: virt. */
  readonly board?: Board;
  /** Size of the virtual card; at least the image's. Default: the image's, or what the board needs. */
  readonly cardSizeBytes?: number;
  /** Only `virt` can have other than its own. */
  readonly memoryBytes?: number;
  /** Ports of the guest that can be reached at 127.0.0.1. Default: 80 and 445. */
  readonly forwards?: readonly WantedForward[];
  /** true: nothing outside the guest can be reached from it. Default false. */
  readonly isIsolated?: boolean;
  /** Added behind those of cmdline.txt. */
  readonly kernelArguments?: readonly string[];
  /** The guest's clock at the start, seconds since 1970. Default: now. */
  readonly clock?: number;
  /** A folder for the serial log and QEMU's command line. Without it they are kept only after a failure. */
  readonly logFolder?: string;
  readonly onSerialLine?: (line: string) => void;
  /** Multiplies every limit. The limits are written for two cores that emulate an arm64 processor. Default 1. */
  readonly slowness?: number;
  readonly signal?: AbortSignal;
}

/** A virtual machine at one moment. Clones share its machine-id, keys and random numbers. */
export interface VmSnapshot {
  /** A machine of its own that goes on from that moment, with the host's time and other host ports. */
  clone(changes?: Pick<VmOptions, 'forwards' | 'logFolder' | 'onSerialLine'>): Promise<Vm>;
  [Symbol.asyncDispose](): Promise<void>;
}
