import { describe, expect, it } from 'vitest';
import { compareListings, type FileEntry, type Listing } from '../../../builder/image/compare-entries.ts';

function file(content: string | Buffer, facts: Record<string, string> = {}): FileEntry {
  const bytes = Buffer.from(content);
  return {
    facts: { type: 'file', mode: '0644', owner: '0:0', mtime: '2026-01-01T00:00:00Z', ...facts },
    sizeBytes: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

function folder(facts: Record<string, string> = {}): FileEntry {
  return { facts: { type: 'folder', mode: '0755', ...facts }, sizeBytes: 0, read: undefined };
}

function listing(files: Record<string, FileEntry>): Listing {
  return new Map(Object.entries(files));
}

describe('compareListings', () => {
  it('finds nothing where all is equal, in whatever order the files came', () => {
    const [a, b] = [file('one\n'), file('two\n')];

    expect(compareListings(listing({ '/a': a, '/b': b }), listing({ '/b': b, '/a': a }))).toEqual([]);
  });

  it('says in which of both a file is missing', () => {
    const differences = compareListings(
      listing({ '/only-a': file('') }),
      listing({ '/only-b': file(''), '/dir': folder() }),
    );

    expect(differences).toEqual([
      { path: '/dir', changes: [{ what: 'missing in A' }] },
      { path: '/only-a', changes: [{ what: 'missing in B' }] },
      { path: '/only-b', changes: [{ what: 'missing in A' }] },
    ]);
  });

  it.each([
    ['mode', '0644', '0600'],
    ['owner', '0:0', '1:0'],
    ['mtime', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'],
    ['link target', 'none', 'elsewhere'],
    ['xattr security.capability', 'none', '01'],
  ])('names another %s', (name, a, b) => {
    const facts = (value: string) => (value === 'none' ? {} : { [name]: value });

    const differences = compareListings(
      listing({ '/x': file('same', facts(a)) }),
      listing({ '/x': file('same', facts(b)) }),
    );

    expect(differences).toEqual([{ path: '/x', changes: [{ what: 'fact', name, a, b }] }]);
  });

  it('shows the first line of a text that differs', () => {
    const differences = compareListings(
      listing({ '/etc/bad': file('same\ncores: 2\nend\n') }),
      listing({ '/etc/bad': file('same\ncores: 1\nend\n') }),
    );

    expect(differences[0]?.changes).toEqual([
      {
        what: 'content',
        offsetBytes: 12,
        sizesBytes: [18, 18],
        line: { number: 2, a: 'cores: 2', b: 'cores: 1' },
      },
    ]);
  });

  it('shows only the offset for what is not text', () => {
    const differences = compareListings(
      listing({ '/bin': file(Buffer.from([1, 0, 2])) }),
      listing({ '/bin': file(Buffer.from([1, 0, 3])) }),
    );

    expect(differences[0]?.changes).toEqual([{ what: 'content', offsetBytes: 2, sizesBytes: [3, 3] }]);
  });

  it('finds a difference behind the first megabyte', () => {
    const [a, b] = [Buffer.alloc(3 << 20), Buffer.alloc(3 << 20)];
    b[(2 << 20) + 5] = 1;

    const [difference] = compareListings(listing({ '/big': file(a) }), listing({ '/big': file(b) }));

    expect(difference?.changes[0]).toMatchObject({ what: 'content', offsetBytes: (2 << 20) + 5 });
  });

  it('takes the end of the shorter file where it is the beginning of the longer one', () => {
    const [difference] = compareListings(
      listing({ '/x': file('one\n') }),
      listing({ '/x': file('one\ntwo\n') }),
    );

    expect(difference?.changes).toEqual([
      { what: 'content', offsetBytes: 4, sizesBytes: [4, 8], line: { number: 2, a: '', b: 'two' } },
    ]);
  });

  it('makes control characters of a file harmless', () => {
    const [difference] = compareListings(
      listing({ '/x': file('\u001b[2Jone') }),
      listing({ '/x': file('\u001b[2Jtwo') }),
    );

    expect(difference?.changes[0]).toMatchObject({ line: { a: '�[2Jone', b: '�[2Jtwo' } });
  });

  it('takes another place in a folder for a consequence of something else', () => {
    const place = (value: string) => ({ 'place in its folder': value });

    const differences = compareListings(
      listing({ '/a': file('', place('1')), '/b': file('1') }),
      listing({ '/a': file('', place('2')), '/b': file('2') }),
    );

    expect(differences.map(({ path }) => path)).toEqual(['/b', '/a']);
  });

  it('puts contents first, then modes, then mere times', () => {
    const later = { mtime: '2027-01-01T00:00:00Z' };

    const differences = compareListings(
      listing({ '/a-time': file(''), '/b-mode': file(''), '/c-content': file('1') }),
      listing({ '/a-time': file('', later), '/b-mode': file('', { mode: '0600' }), '/c-content': file('2') }),
    );

    expect(differences.map(({ path }) => path)).toEqual(['/c-content', '/b-mode', '/a-time']);
  });
});
