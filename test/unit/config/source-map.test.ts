import { describe, expect, it } from 'vitest';
import { LineCounter, parseDocument } from 'yaml';
import type { ConfigPath } from '../../../builder/config/config-path.ts';
import { type Anchor, createSourceMap } from '../../../builder/config/source-map.ts';

const text = `# comment
image:
  name: "my image"
list:
  - a
  - b: 1
base: &base {x: 1}
copy:
  <<: *base
empty:
`;

function locate(path: ConfigPath, anchor: Anchor): string {
  const lineCounter = new LineCounter();
  const map = createSourceMap(parseDocument(text, { lineCounter, merge: true }), lineCounter);
  const { start, end } = map.locate(path, anchor);
  return `${start.line}:${start.column}-${end.line}:${end.column}`;
}

describe('createSourceMap', () => {
  it.each<[string, ConfigPath, Anchor, string]>([
    ['a value', ['image', 'name'], 'value', '3:9-3:19'],
    ['a key', ['image', 'name'], 'key', '3:3-3:7'],
    ['an entry of a list', ['list', 0], 'value', '5:5-5:6'],
    ['a value in a list', ['list', 1, 'b'], 'value', '6:8-6:9'],
    ['a missing key: its parent', ['image', 'date'], 'value', '2:1-2:6'],
    ['a missing key deeper down: the nearest parent', ['image', 'size', 'root'], 'value', '2:1-2:6'],
    ['a missing key at the top: the beginning', ['hostname'], 'value', '2:1-2:1'],
    ['an entry that the list does not have: the list', ['list', 7], 'value', '4:1-4:5'],
    ['a merged key: where it is written', ['copy', 'x'], 'value', '7:17-7:18'],
    ['a key without value: the key', ['empty'], 'value', '10:1-10:6'],
  ])('finds %s', (_, path, anchor, place) => {
    expect(locate(path, anchor)).toBe(place);
  });
});
