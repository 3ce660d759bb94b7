/** One simple command of a shell script. */
export interface ShellCommand {
  readonly words: readonly string[];
  /** Where its output goes: `>/etc/hostname`. */
  readonly target?: string;
  readonly document?: string;
  /** The text inside of `<(…)`, not taken apart. */
  readonly substituted?: string;
}

interface Reader {
  readonly text: string;
  at: number;
  /** The text ends inside of quotes: the last command may be half. */
  isCut: boolean;
  readonly variables: Map<string, string>;
  /** Delimiters of here-documents that begin after this line, and the command each belongs to. */
  readonly waiting: { readonly delimiter: string; readonly command: OpenCommand }[];
}

interface OpenCommand {
  words: string[];
  target?: string;
  document?: string;
  substituted?: string;
}

/**
 * Takes a shell script apart without running anything: words with their quotes resolved, redirections, here-documents.
 * Variables that the script sets to a plain text are filled in; anything else with a `$` stays as it is written. Knows no
 * loops, conditions or functions: their words are commands too. Never throws, whatever the text.
 */
export function shellCommands(text: string): readonly ShellCommand[] {
  const reader: Reader = {
    text: text.replaceAll('\r\n', '\n'),
    at: 0,
    isCut: false,
    variables: new Map(),
    waiting: [],
  };
  const commands: OpenCommand[] = [];
  while (reader.at < reader.text.length) {
    const command = readCommand(reader);
    if (reader.isCut) break;
    if (command.words.length > 0 || command.target !== undefined) commands.push(command);
    remember(command, reader.variables);
  }
  return commands;
}

/** Reads to the end of one command, and past the sign that ends it. */
function readCommand(reader: Reader): OpenCommand {
  const command: OpenCommand = { words: [] };
  while (reader.at < reader.text.length) {
    const sign = reader.text.charAt(reader.at);
    if ('\n;&|()'.includes(sign)) {
      reader.at += 1;
      if (sign === '\n') readDocuments(reader);
      return command;
    }
    if (sign === '<' || sign === '>') readRedirection(reader, command);
    else if (!skipNothing(reader)) command.words.push(readWord(reader));
  }
  return command;
}

/** Passes over a blank, a comment, or the end of a line that goes on in the next one. */
function skipNothing(reader: Reader): boolean {
  const sign = reader.text.charAt(reader.at);
  const isLineJoin = reader.text.startsWith('\\\n', reader.at);
  if (sign === '#') skipComment(reader);
  else if (isLineJoin) reader.at += 2;
  else if (sign === ' ' || sign === '\t') reader.at += 1;
  else return false;
  return true;
}

function remember({ words }: OpenCommand, variables: Map<string, string>): void {
  const [, name, value] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(words.length === 1 ? (words[0] ?? '') : '') ?? [];
  if (name !== undefined && value !== undefined && !value.includes('$(')) variables.set(name, value);
}

function skipComment(reader: Reader): void {
  const end = reader.text.indexOf('\n', reader.at);
  reader.at = end < 0 ? reader.text.length : end;
}

function readRedirection(reader: Reader, command: OpenCommand): void {
  const rest = reader.text.slice(reader.at, reader.at + 3);
  if (rest.startsWith('<(')) {
    reader.at += 1;
    command.substituted = readParentheses(reader).slice(1, -1);
    return;
  }
  const sign = /^(<<-|<<|>>|>&|<|>)/.exec(rest)?.[0] ?? '<';
  reader.at += sign.length;
  skipBlanks(reader);
  const word = readWord(reader);
  if (sign.startsWith('<<')) reader.waiting.push({ delimiter: word, command });
  else if (sign === '>' || sign === '>>') command.target = word;
}

function skipBlanks(reader: Reader): void {
  while (' \t'.includes(reader.text.charAt(reader.at)) && reader.at < reader.text.length) reader.at += 1;
}

function readDocuments(reader: Reader): void {
  for (const { delimiter, command } of reader.waiting.splice(0)) {
    const lines: string[] = [];
    while (reader.at < reader.text.length) {
      const end = reader.text.indexOf('\n', reader.at);
      const line = reader.text.slice(reader.at, end < 0 ? undefined : end);
      reader.at = end < 0 ? reader.text.length : end + 1;
      if (line.trim() === delimiter) {
        command.document = lines.join('\n');
        break;
      }
      lines.push(line);
    }
  }
}

/** Reads one word. The reader always moves on, so that no text can hold it. */
function readWord(reader: Reader): string {
  const begin = reader.at;
  let word = '';
  while (reader.at < reader.text.length) {
    const sign = reader.text.charAt(reader.at);
    if (/[\s;&|<>()]/.test(sign)) break;
    if (sign === "'") word += readSingleQuoted(reader);
    else if (sign === '"') word += readDoubleQuoted(reader);
    else if (sign === '\\') word += readEscaped(reader);
    else if (sign === '$') word += readDollar(reader);
    else {
      word += sign;
      reader.at += 1;
    }
  }
  if (reader.at === begin) reader.at += 1;
  return word;
}

function readEscaped(reader: Reader): string {
  const sign = reader.text.charAt(reader.at + 1);
  reader.at += 2;
  return sign === '\n' ? '' : sign;
}

function readSingleQuoted(reader: Reader): string {
  const end = reader.text.indexOf("'", reader.at + 1);
  const text = reader.text.slice(reader.at + 1, end < 0 ? undefined : end);
  reader.isCut ||= end < 0;
  reader.at = end < 0 ? reader.text.length : end + 1;
  return text;
}

function readDoubleQuoted(reader: Reader): string {
  let text = '';
  reader.at += 1;
  while (reader.at < reader.text.length) {
    const sign = reader.text.charAt(reader.at);
    if (sign === '"') break;
    if (sign === '$') text += readDollar(reader);
    else if (sign === '\\' && '$`"\\\n'.includes(reader.text.charAt(reader.at + 1)))
      text += readEscaped(reader);
    else {
      text += sign;
      reader.at += 1;
    }
  }
  reader.isCut ||= reader.at >= reader.text.length;
  reader.at += 1;
  return text;
}

function readDollar(reader: Reader): string {
  if (reader.text.startsWith('$(', reader.at)) {
    reader.at += 1;
    return `$${readParentheses(reader)}`;
  }
  const pattern = /\$(?:(\w+)|\{(\w+)\})/y;
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text);
  reader.at += found?.[0].length ?? 1;
  return reader.variables.get(found?.[1] ?? found?.[2] ?? '') ?? found?.[0] ?? '$';
}

/** From `(` to its `)`, or to the end of the text. Both signs count in quotes too: Imager's scripts have none there. */
function readParentheses(reader: Reader): string {
  const begin = reader.at;
  let depth = 0;
  do {
    const sign = reader.text.charAt(reader.at);
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    reader.at += 1;
  } while (depth > 0 && reader.at < reader.text.length);
  return reader.text.slice(begin, reader.at);
}
