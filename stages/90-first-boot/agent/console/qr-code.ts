import { encode } from 'uqr';

/** Light modules around the code. Four are the rule, two are enough for phones, and screens have few lines. */
const border = 2;

/**
 * A QR code for a text console: one line a row, two blanks a module, coloured by escape sequences. Console fonts of
 * Debian have no half blocks, and a terminal's own colours may be light on dark or dark on light.
 */
export function consoleQrCode(text: string): readonly string[] {
  return modulesOf(text).map((row) => {
    let line = '';
    row.forEach((isDark, column) => {
      if (isDark !== row[column - 1]) line += isDark ? '\x1b[40m' : '\x1b[47m';
      line += '  ';
    });
    return `${line}\x1b[0m`;
  });
}

/** A QR code for a text file, dark on light, two rows a line by half blocks. */
export function fileQrCode(text: string): readonly string[] {
  const rows = modulesOf(text);
  return rows
    .filter((_row, index) => index % 2 === 0)
    .map((upper, index) => {
      const lower = rows[2 * index + 1] ?? [];
      return upper
        .map((isDark, column) => halfBlock(isDark, lower[column] ?? false))
        .join('')
        .trimEnd();
    });
}

/** How many lines the code takes on a console. */
export function consoleQrLines(text: string): number {
  return modulesOf(text).length;
}

function halfBlock(isUpperDark: boolean, isLowerDark: boolean): string {
  if (isUpperDark) return isLowerDark ? '█' : '▀';
  return isLowerDark ? '▄' : ' ';
}

/** `true` is dark. */
function modulesOf(text: string): readonly (readonly boolean[])[] {
  return encode(text, { ecc: 'L', border }).data;
}
