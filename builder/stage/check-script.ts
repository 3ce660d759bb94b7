import { access, constants, readFile } from 'node:fs/promises';
import type { StageProblem } from './stage.ts';
import { parsePackageList, type Step } from './step.ts';

/** What a script may ask for in its first line: these are in the tools tree. */
const hostInterpreters = [
  '/bin/sh',
  '/bin/bash',
  '/usr/bin/sh',
  '/usr/bin/bash',
  '/usr/bin/perl',
  '/bin/perl',
];
const envInterpreters = ['sh', 'bash', 'perl', 'awk', 'sed'];

/** Problems of one step file that pi-gen would meet late or pass over in silence. `file` is its path for people. */
export async function checkStepFile(step: Step, file: string): Promise<StageProblem[]> {
  switch (step.kind) {
    case 'run':
      return await checkHostScript(step.path, file);
    case 'run-chroot':
      return checkChrootScript(await readFile(step.path, 'utf8'), file);
    case 'packages':
    case 'packages-nr':
      return checkPackageList(await readFile(step.path, 'utf8'), file);
    case 'debconf':
      return checkDebconf(await readFile(step.path, 'utf8'), file);
    case 'patches':
      return await checkPatchSeries(step.path, file);
  }
}

/** A script that is started as a program: it needs the run bit and an interpreter. */
export async function checkHostScript(path: string, file: string): Promise<StageProblem[]> {
  const problems: StageProblem[] = [];
  try {
    await access(path, constants.X_OK);
  } catch {
    problems.push({
      file,
      message: 'is not executable, so it would not be run',
      help: `chmod +x ${file}`,
    });
  }
  const firstLine = (await readFile(path, 'utf8')).split('\n', 1)[0] ?? '';
  const interpreter = readInterpreter(firstLine);
  if (interpreter === undefined) {
    problems.push({
      file,
      line: 1,
      message: 'has no interpreter line',
      help: 'begin it with #!/bin/bash -e',
    });
  } else if (!isKnownInterpreter(interpreter)) {
    problems.push({
      file,
      line: 1,
      message: `asks for the interpreter ${interpreter}, which the tools tree does not have`,
      help: `use one of ${hostInterpreters.slice(0, 2).join(', ')}, /usr/bin/perl`,
    });
  }
  return problems;
}

function checkChrootScript(text: string, file: string): StageProblem[] {
  const interpreter = readInterpreter(text.split('\n', 1)[0] ?? '');
  if (interpreter === undefined || /(^|\/)(ba|da)?sh$/.test(interpreter)) return [];
  return [
    {
      file,
      line: 1,
      message: `asks for ${interpreter}, but scripts for the chroot are read by bash`,
      help: 'write it in shell, or start the other program from it',
    },
  ];
}

function checkPackageList(text: string, file: string): StageProblem[] {
  // Debian policy 5.6.1, with apt's own suffixes: -, +, :architecture, /suite, =version.
  const pattern = /^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?(\/[a-z][a-z0-9-]*|=[A-Za-z0-9.+:~-]+)?[+-]?$/;
  return parsePackageList(text)
    .filter(({ name }) => !pattern.test(name))
    .map(({ name, line }) => ({
      file,
      line,
      message: `"${name}" is not a package name`,
      help: 'names are lower-case letters, digits, +, - and .; separate them by spaces or lines',
    }));
}

function checkDebconf(text: string, file: string): StageProblem[] {
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*(#|$)/.test(line) || /^\S+\s+\S+\s+\S+(\s|$)/.test(line)) return [];
    return [
      {
        file,
        line: index + 1,
        message: 'is not a debconf selection',
        help: 'write: PACKAGE QUESTION TYPE VALUE, as debconf-set-selections(1) reads it',
      },
    ];
  });
}

async function checkPatchSeries(path: string, file: string): Promise<StageProblem[]> {
  const series = await readFile(`${path}/series`, 'utf8').catch(() => undefined);
  if (series === undefined) {
    return [
      {
        file,
        message: 'has no file `series`',
        help: 'list its patches there, one a line, as quilt reads it',
      },
    ];
  }
  const problems: StageProblem[] = [];
  for (const [index, text] of series.split('\n').entries()) {
    const name = text.replace(/#.*$/, '').trim().split(/\s+/)[0];
    if (!name) continue;
    const exists = await access(`${path}/${name}`).then(
      () => true,
      () => false,
    );
    if (!exists)
      problems.push({
        file: `${file}/series`,
        line: index + 1,
        message: `names ${name}, which is not there`,
      });
  }
  return problems;
}

/** `/bin/bash` of `#!/bin/bash -e`, `env NAME` as NAME; undefined without an interpreter line. */
export function readInterpreter(firstLine: string): string | undefined {
  const match = /^#!\s*(\S+)(?:\s+(\S+))?/.exec(firstLine);
  if (!match?.[1]) return undefined;
  return match[1] === '/usr/bin/env' ? match[2] : match[1];
}

function isKnownInterpreter(interpreter: string): boolean {
  return hostInterpreters.includes(interpreter) || envInterpreters.includes(interpreter);
}
