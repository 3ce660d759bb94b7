import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type YAMLMap,
} from 'yaml';
import type { TextRange } from '../text/code-frame.ts';
import type { ConfigPath } from './config-path.ts';

/** Which part of `key: value` a problem is about. */
export type Anchor = 'key' | 'value';

export interface SourceMap {
  /** The place of a key or value; for what is not in the file the key of its nearest parent, or the file's start. */
  locate(path: ConfigPath, anchor: Anchor): TextRange;
  /** The text between two offsets. */
  rangeOf(startOffset: number, endOffset: number): TextRange;
  /** The node at a path, with aliases and merge keys followed. */
  nodeAt(path: ConfigPath): Node | undefined;
}

/** Where each value of a parsed YAML document stands in its text. */
export function createSourceMap(document: Document, lineCounter: LineCounter): SourceMap {
  const rangeOf = (startOffset: number, endOffset: number): TextRange => ({
    start: positionAt(lineCounter, startOffset),
    end: positionAt(lineCounter, Math.max(startOffset, endOffset)),
  });

  return {
    rangeOf,
    nodeAt: (path) => {
      const found = descend(document, path);
      return found.isComplete ? found.value : undefined;
    },
    locate: (path, anchor) => {
      const found = descend(document, path);
      const node =
        found.isComplete && anchor === 'value' ? (found.value ?? found.key) : (found.key ?? found.value);
      if (node?.range === undefined || node.range === null) return rangeOf(0, 0);
      // A value of `key:` alone has no width: the key says more.
      const [start, end] = node.range;
      if (start === end && found.key?.range) return rangeOf(found.key.range[0], found.key.range[1]);
      return path.length === 0 || (!found.isComplete && found.key === undefined)
        ? rangeOf(start, start)
        : rangeOf(start, end);
    },
  };
}

function positionAt(lineCounter: LineCounter, offset: number) {
  const { line, col } = lineCounter.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

interface Found {
  /** The key node of the deepest step that exists; for list elements the element. */
  readonly key: Node | undefined;
  readonly value: Node | undefined;
  readonly isComplete: boolean;
}

function descend(document: Document, path: ConfigPath): Found {
  let found: Found = { key: undefined, value: asNode(document.contents), isComplete: true };
  for (const step of path) {
    const next = stepInto(document, found.value, step);
    if (next === undefined) return { ...found, isComplete: false };
    found = next;
  }
  return found;
}

function stepInto(document: Document, parent: Node | undefined, step: string | number): Found | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node) && typeof step === 'number') {
    const item = asNode(node.items[step]);
    return item === undefined ? undefined : { key: item, value: item, isComplete: true };
  }
  return isMap(node) ? pairOf(document, node, String(step)) : undefined;
}

/** The last pair wins, as in the data; then the maps that `<<` brings in. */
function pairOf(document: Document, map: YAMLMap, key: string): Found | undefined {
  const own = map.items.findLast((pair) => isPair(pair) && keyText(pair.key) === key);
  if (own !== undefined) return { key: asNode(own.key), value: asNode(own.value), isComplete: true };
  for (const pair of map.items.filter((item) => keyText(item.key) === '<<')) {
    const merged = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
    const sources = isSeq(merged) ? merged.items : [merged];
    for (const source of sources) {
      const found = stepInto(document, asNode(source), key);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function keyText(key: unknown): string {
  // The merge key is a Scalar whose value may be a symbol.
  if (isScalar(key)) return typeof key.value === 'symbol' ? '<<' : String(key.value);
  return String(key);
}

function asNode(value: unknown): Node | undefined {
  return isNode(value) ? value : undefined;
}
