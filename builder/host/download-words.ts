import { formatSize } from '../text/size.ts';

/** `the file has 999 bytes, wanted 1000 bytes`; the exact numbers where the short ones look the same. */
export function sizeMismatch(foundBytes: number, wantedBytes: number): string {
  const [found, wanted] = [formatSize(foundBytes), formatSize(wantedBytes)];
  return found === wanted
    ? `the file has ${foundBytes} bytes, wanted ${wantedBytes} bytes`
    : `the file has ${found}, wanted ${wanted}`;
}

/** `SHA-256 is HEX, wanted HEX`. */
export function digestMismatch(found: string, wanted: string): string {
  return `SHA-256 is ${found}, wanted ${wanted}`;
}
