import { createHash } from 'node:crypto';
import { refuse } from './device.mjs';

/**
 * Reads a tar that comes in pieces. `onEntry` gets the name, the SHA-256 and, if `wants(entry)`, the content of each file.
 */
export function tarReader(wants, onEntry) {
  let rest = Buffer.alloc(0);
  let entry;

  const readHeader = () => {
    if (rest.length < 512) return false;
    if (rest[0] !== 0) entry = entryOf(rest);
    rest = rest.subarray(512);
    return true;
  };
  const readContent = () => {
    const part = rest.subarray(0, entry.left);
    entry.hash.update(part);
    if (wants(entry)) entry.parts.push(part);
    entry.left -= part.length;
    const padding = entry.left === 0 ? Math.min(entry.padding, rest.length - part.length) : 0;
    entry.padding -= padding;
    rest = rest.subarray(part.length + padding);
    if (entry.left + entry.padding > 0) return false;
    onEntry(entry.name, Buffer.concat(entry.parts), entry.hash.digest('hex'));
    entry = undefined;
    return true;
  };
  return {
    push: (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (entry === undefined ? readHeader() : readContent());
    },
    end: () => {
      if (entry !== undefined) refuse(`the archive ends in the middle of ${entry.name}`);
    },
  };
}

function entryOf(header) {
  const text = (start, end) => header.subarray(start, end).toString('latin1').replace(/\0.*$/s, '');
  const size = Number.parseInt(text(124, 136), 8) || 0;
  const name = [text(345, 500), text(0, 100)].filter((part) => part !== '').join('/');
  return {
    name: name.replace(/^\.\//, ''),
    size,
    left: size,
    padding: (512 - (size % 512)) % 512,
    parts: [],
    hash: createHash('sha256'),
  };
}
