const units = ['KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size for people: `512 MiB`, `1.4 GiB`, `17 bytes`. At most three digits that matter. */
export function formatSize(sizeBytes: number): string {
  if (!Number.isFinite(sizeBytes) || sizeBytes < 0) throw new RangeError(`not a size: ${sizeBytes}`);
  if (sizeBytes < 1024) return sizeBytes === 1 ? '1 byte' : `${sizeBytes} bytes`;
  let value = sizeBytes;
  let unit: string = 'bytes';
  for (const next of units) {
    // 1023.6 KiB would be shown as 1024 KiB: the next unit reads better.
    if (Math.round(value) < 1024) break;
    value /= 1024;
    unit = next;
  }
  const isRoundEnough = value >= 99.5 || Number.isInteger(value);
  return `${isRoundEnough ? Math.round(value) : Number(value.toFixed(1))} ${unit}`;
}
