import { readIfThere } from '../device/look.ts';

/** Height of a letter of the console font. */
const letterPixels = 16;

/** How many lines of text the screen at the HDMI port has; undefined without a screen. `path`: virtual_size of fb0. */
export function screenLines(path: string): number | undefined {
  try {
    const [, height] = /^\d+,(\d+)\s*$/.exec(readIfThere(path) ?? '') ?? [];
    return height === undefined ? undefined : Math.floor(Number(height) / letterPixels);
  } catch {
    return undefined;
  }
}
