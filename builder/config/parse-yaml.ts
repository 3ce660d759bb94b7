import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLError,
} from 'yaml';
import { messageOf } from '../errors/message-of.ts';
import type { ConfigPath } from './config-path.ts';
import type { Diagnostic } from './diagnostics.ts';
import { createSourceMap, type SourceMap } from './source-map.ts';

export interface ParsedYaml {
  /** Plain data; undefined when the text is no YAML that one can go on with. */
  readonly data: unknown;
  readonly diagnostics: readonly Diagnostic[];
  readonly sourceMap: SourceMap;
  /** Every plain value with its path. */
  readonly scalars: readonly { readonly path: ConfigPath; readonly node: Scalar }[];
}

/** Reads YAML 1.2 (core schema, merge keys allowed). Never throws: problems are in the result. */
export function parseYaml(text: string): ParsedYaml {
  const lineCounter = new LineCounter();
  // The schema is named so that a `%YAML 1.1` line can not turn `no` into false.
  const document = parseDocument(text, { lineCounter, merge: true, schema: 'core', prettyErrors: false });
  const sourceMap = createSourceMap(document, lineCounter);

  const errors = document.errors.map((error) => syntaxDiagnostic(error, 'error', sourceMap, text));
  const warnings = document.warnings.map((warning) => syntaxDiagnostic(warning, 'warning', sourceMap, text));
  // One broken bracket makes many errors: only the first tells something.
  const isBroken = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
  const scalars = scalarsOf(document.contents, []);
  if (isBroken) {
    return { data: undefined, diagnostics: errors.filter(isFirstOrDuplicate), sourceMap, scalars };
  }
  try {
    return {
      data: document.toJS({ maxAliasCount: 100 }),
      diagnostics: [...errors, ...warnings],
      sourceMap,
      scalars,
    };
  } catch (error) {
    // Only aliases can fail here: an unknown one, or one that grows without end.
    const problem = aliasDiagnostic(messageOf(error), text, sourceMap);
    return { data: undefined, diagnostics: [...errors, problem], sourceMap, scalars };
  }
}

const duplicateKey = 'this key is written twice';

function isFirstOrDuplicate(diagnostic: Diagnostic, index: number, all: readonly Diagnostic[]): boolean {
  return (
    diagnostic.message === duplicateKey || all.findIndex((one) => one.message !== duplicateKey) === index
  );
}

function syntaxDiagnostic(
  error: YAMLError,
  severity: Diagnostic['severity'],
  sourceMap: SourceMap,
  text: string,
): Diagnostic {
  // What is missing at the end of the text is shown behind its last character.
  const start = Math.min(error.pos[0], text.trimEnd().length);
  const end = Math.max(start, Math.min(error.pos[1], text.length));
  const range = sourceMap.rangeOf(start, error.code === 'DUPLICATE_KEY' ? keyEnd(text, start) : end);
  return { severity, path: [], range, ...wording(error, text) };
}

const noPair = { message: 'this is no "key: value"', help: 'is a colon, or the space behind it, missing?' };

function wording(error: YAMLError, text: string): Pick<Diagnostic, 'message' | 'help'> {
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return { message: duplicateKey, help: 'keep one of the two; the other would be lost silently' };
    case 'TAB_AS_INDENT':
      return { message: 'a tab is used as indentation', help: 'YAML wants spaces: put two for each level' };
    case 'MULTIPLE_DOCS':
      return { message: 'a second document begins here', help: 'remove the line "---"' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return {
        message: 'this value has a key of its own',
        help: 'put it in quotes if it holds ": ", or on its own line',
      };
    case 'BAD_INDENT':
      if (error.message.startsWith('Flow')) {
        return { message: 'a "[" or "{" above is not closed here', help: 'add the missing "]" or "}"' };
      }
      return {
        message: 'this line is indented differently from its neighbours',
        help: 'same level, same spaces',
      };
    case 'MISSING_CHAR':
      return error.message.endsWith('quote')
        ? { message: 'the text ends inside of quotes', help: 'a quote above is opened, but never closed' }
        : noPair;
    case 'MULTILINE_IMPLICIT_KEY':
      return noPair;
    case 'BAD_SCALAR_START':
      return {
        message: `a value can not begin with ${text[error.pos[0]] ?? 'this'}`,
        help: 'put the value in quotes',
      };
    case 'TAG_RESOLVE_FAILED':
      return { message: 'tags have no meaning here', help: 'remove the word that begins with "!"' };
    default:
      return { message: `this is not valid YAML: ${error.message.toLowerCase()}` };
  }
}

function aliasDiagnostic(reason: string, text: string, sourceMap: SourceMap): Diagnostic {
  const name = /^Unresolved alias .*: (.+)$/.exec(reason)?.[1];
  const offset =
    name === undefined ? 0 : Math.max(0, text.search(new RegExp(`\\*${escapeRegExp(name)}(?!\\S)`)));
  return {
    severity: 'error',
    path: [],
    message:
      name === undefined ? `this is not valid YAML: ${reason}` : `there is no "&${name}" above this line`,
    help: name === undefined ? undefined : 'or put the value in quotes if it is meant to begin with "*"',
    range: sourceMap.rangeOf(offset, offset + (name === undefined ? 0 : name.length + 1)),
  };
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The parser marks only the first character of a key that stands twice. */
function keyEnd(text: string, start: number): number {
  const colon = text.slice(start).search(/\s*:(\s|$)/);
  return colon < 1 ? start + 1 : start + colon;
}

function scalarsOf(node: unknown, path: ConfigPath): { path: ConfigPath; node: Scalar }[] {
  if (isScalar(node)) return [{ path, node }];
  if (isSeq(node)) return node.items.flatMap((item, index) => scalarsOf(item as Node, [...path, index]));
  if (!isMap(node)) return [];
  return node.items.flatMap((pair) => {
    // A key that is a list or a map has no text: to ask for it can throw. It is reported as an unknown key.
    const key = isScalar(pair.key) ? String(pair.key.value) : '?';
    return scalarsOf(pair.value, [...path, key]);
  });
}
