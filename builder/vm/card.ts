import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import { runInSandbox } from '../host/sandbox.ts';
import { type Board, boardFacts } from './board.ts';
import type { VmOptions } from './vm-options.ts';

/**
 * The size of the virtual card for an image of `imageBytes`: what is wanted, else the image's, rounded up to a power
 * of two where the board needs one. Throws ERR_USAGE for a size that does not fit.
 */
export function cardSize(board: Board, imageBytes: number, wantedBytes: number | undefined): number {
  const powerOfTwo = 2 ** Math.ceil(Math.log2(imageBytes));
  const { needsPowerOfTwoCard } = boardFacts[board];
  if (wantedBytes === undefined) return needsPowerOfTwoCard ? powerOfTwo : imageBytes;
  if (wantedBytes < imageBytes) {
    throw new HearthError('ERR_USAGE', {
      what: `The virtual card of ${wantedBytes} bytes is smaller than the image of ${imageBytes} bytes.`,
      todo: 'Choose a larger --size.',
    });
  }
  if (needsPowerOfTwoCard && !Number.isInteger(Math.log2(wantedBytes))) {
    throw new HearthError('ERR_USAGE', {
      what: `The board ${board} needs a card whose size is a power of two.`,
      todo: 'Choose --size 4G, 8G or 16G.',
    });
  }
  return wantedBytes;
}

/** Writes a qcow2 overlay: what the guest writes goes there, the image below it stays as it is. */
export async function makeCard(options: VmOptions, target: string): Promise<void> {
  const { tools, image, board = 'virt', cardSizeBytes } = options;
  const { size } = await stat(image);
  const bytes = cardSize(board, size, cardSizeBytes);
  await runInSandbox({
    tools,
    command: ['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', image, target, String(bytes)],
    binds: [{ path: dirname(image) }, { path: dirname(target), writable: true }],
  });
}
