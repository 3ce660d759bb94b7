import { Command, CommanderError, Option } from 'commander';
import { editions } from '../config/schema.ts';
import { exitCodeOf, renderError } from '../errors/render.ts';
import { findMirror } from '../host/mirror.ts';
import { ensureToolsTree } from '../host/tools-tree.ts';
import { paintFor } from '../text/paint.ts';
import { boards } from '../vm/board.ts';
import { type BootFlags, bootCommand } from './commands/boot.ts';
import { buildCommand } from './commands/build.ts';
import { checkCommand } from './commands/check.ts';
import { cleanCommand } from './commands/clean.ts';
import { explainCommand } from './commands/explain.ts';
import { fetchCommand } from './commands/fetch.ts';
import { inspectCommand } from './commands/inspect.ts';
import { lockCommand } from './commands/lock.ts';
import { planCommand } from './commands/plan.ts';
import { shellCommand } from './commands/shell.ts';
import { storeExportCommand, storeImportCommand } from './commands/store.ts';
import { verifyReproducibleCommand } from './commands/verify-reproducible.ts';
import { withSignal } from './interrupt.ts';
import { readSettings } from './settings.ts';
import { readVersion } from './version.ts';

const exitCodes = `
Exit codes: 0 done, 1 a step failed, 2 wrong usage or config, 3 this host can't, 4 a download failed,
5 built but failed its boot test, 70 a bug, 130/143 interrupted.`;

/** Runs one command line and returns its exit code; every error becomes text on stderr. */
export async function runCli(args: readonly string[]): Promise<number> {
  const program = makeProgram();
  try {
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(
      `${renderError(error, {
        paint: paintFor(process.stderr),
        debug: args.includes('--debug'),
        widthColumns: process.stderr.columns ?? 100,
      })}\n`,
    );
    return exitCodeOf(error);
  }
}

function makeProgram(): Command {
  const program = new Command('hearth')
    .description('Bakes a home server for the Raspberry Pi into one image.')
    .version(readVersion())
    .option('--debug', 'show stack traces')
    .exitOverride()
    .showHelpAfterError('(hearth --help lists the commands)')
    .addHelpText('after', `${exitCodes}\nREADME.md tells how to begin.`);
  for (const add of commands) add(program);
  for (const command of program.commands) command.exitOverride();
  return program;
}

const verifyHelp = `Builds A as you are, then B as another user, in another folder, with another clock, umask, locale, time zone and
host name, on one core and on another file system, as far as this host allows; what stays the same is said. Takes
as long as two first builds and about 10 GiB of disk. Exit code 0: identical, 1: different.`;

/** One entry for each command, in the order of `--help`. */
const commands: readonly ((program: Command) => void)[] = [
  (program) =>
    withBuildOptions(program.command('check').description('find every problem of config, stages and host'))
      .addHelpText('after', examples('hearth check', 'hearth check --config living-room.yaml'))
      .action(checkCommand),
  (program) =>
    withPackageOptions(
      withBuildOptions(program.command('plan').description('say what `build` would do and why')),
    )
      .option('--json', 'as JSON')
      .addHelpText('after', examples('hearth plan', 'hearth plan --json | jq .stages'))
      .action(planCommand),
  (program) =>
    withPackageOptions(
      withBuildOptions(program.command('build').description('build the image that config.yaml describes')),
    )
      .option('-o, --out <dir>', 'where the image goes (default: dist/)')
      .option('--no-acceleration', 'emulate every program of the image: slow, the same bytes')
      .addHelpText(
        'after',
        examples(
          'hearth build',
          'hearth build --config living-room.yaml --out /srv/images',
          'hearth build --locked dist/hearth.debian.lock.yaml',
        ),
      )
      .action(buildCommand),
  (program) =>
    program
      .command('lock')
      .description('look for newer versions of what others publish, and pin them')
      .option('--only <name...>', 'only these artifacts, and what the same maker releases with them')
      .option('--rebuilt <name...>', 'container images whose tag may have been built anew')
      .option('--check', 'change nothing; exit code 1 if something is newer')
      .option('--json', 'as JSON')
      .addHelpText(
        'after',
        examples('hearth lock', 'hearth lock --only k3s cloudflared', 'hearth lock --check --json'),
      )
      .action(lockCommand),
  (program) =>
    program
      .command('fetch')
      .description("bring others' files and container images that artifacts.lock.yaml pins into the store")
      .option('-c, --config <file>', 'another file than config.yaml')
      .option('--offline', 'use no network: prove that the store is full')
      .option('--only <name...>', 'these artifacts only')
      .addHelpText('after', examples('hearth fetch', 'hearth fetch --only k3s', 'hearth fetch --offline'))
      .action(fetchCommand),
  (program) => addStoreCommand(program.command('store')),
  (program) =>
    program
      .command('boot')
      .description("start an image in QEMU and print the setup page's address")
      .argument('[image]', 'the image (default: dist/hearth.img)')
      .addOption(new Option('-b, --board <board>', 'the machine').choices(boards).default('virt'))
      .option('-m, --memory <size>', 'memory of a virt machine, as 2G')
      .option('-s, --size <size>', 'size of the virtual card, as 8G')
      .option('-p, --port <port>', 'port of 127.0.0.1 for the setup page (default: a free one)')
      .option('-t, --timeout <seconds>', 'how long the page may take to answer')
      .option('--exit-when-ready', 'stop as soon as the page answers')
      .option('--json', 'the address as JSON')
      .addHelpText('after', examples('hearth boot', 'hearth boot dist/hearth.img --board raspi3b --size 8G'))
      .action(boot),
  (program) =>
    program
      .command('inspect')
      .description('say what is in an image, read from the image itself')
      .argument('[image]', 'the image (default: dist/hearth.img)')
      .option('--packages', 'list the packages')
      .option('--json', 'as JSON')
      .addHelpText('after', examples('hearth inspect', 'hearth inspect dist/hearth.img --json'))
      .action(inspectCommand),
  (program) =>
    program
      .command('explain')
      .description('say what changed in a stage, or what an error code means')
      .argument('<stage-or-code>')
      .addHelpText('after', examples('hearth explain 30-samba', 'hearth explain ERR_STEP_FAILED'))
      .action(explainCommand),
  (program) =>
    program
      .command('shell')
      .description("a root shell in a stage's tree, also after a failed step")
      .argument('<stage>')
      .argument('[command...]', 'a command instead of a shell')
      .addHelpText('after', examples('hearth shell 30-samba', 'hearth shell 30-samba -- testparm -s'))
      .action(async (stage: string, command: string[]) => {
        process.exitCode = await shellCommand(stage, command);
      }),
  (program) =>
    program
      .command('clean')
      .description('remove what killed and failed builds left')
      .option('--stages', 'also the layers of finished steps')
      .option('--packages', 'also the fetched packages and lists')
      .option('--artifacts', 'also the files of artifacts.lock.yaml')
      .option('--tools', 'also the tools tree')
      .option('--all', 'all of these')
      .addHelpText('after', examples('hearth clean', 'hearth clean --all'))
      .action(cleanCommand),
  (program) =>
    withBuildOptions(
      program
        .command('verify-reproducible')
        .description('build twice under different circumstances and name the files that differ'),
    )
      .option('--json', 'as JSON, with all files')
      .option('--keep', 'keep the folders of both builds')
      .addHelpText(
        'after',
        `\n${verifyHelp}\n${examples(
          'hearth verify-reproducible',
          'hearth verify-reproducible --edition slim --keep',
          "hearth verify-reproducible --json | jq -r '.images[].comparison.files[].path'",
        )}`,
      )
      .action(verifyReproducibleCommand),
];

function addStoreCommand(store: Command): void {
  const examplesOfBoth = examples(
    'hearth store export /media/stick/store.tar',
    'hearth store import store.tar',
  );
  store
    .description('move the store of what was fetched to a machine without a network')
    .addHelpText('after', examplesOfBoth);
  store
    .command('export')
    .description('write what the store has, each checked, into one tar')
    .argument('<file>')
    .addHelpText('after', examplesOfBoth)
    .action(storeExportCommand);
  store
    .command('import')
    .description('take what an exported store has, each checked')
    .argument('<file>')
    .addHelpText('after', examplesOfBoth)
    .action(storeImportCommand);
}

function withBuildOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'another file than config.yaml')
    .addOption(new Option('-e, --edition <edition>', 'what is baked in').choices(editions));
}

function withPackageOptions(command: Command): Command {
  return command
    .option('--offline', 'use no network: take everything from the cache')
    .option('--refresh', "ask Debian's archive now, also if it was asked in the last 24 hours")
    .addOption(
      new Option(
        '--locked <file>',
        'take exactly the packages of this lock (NAME.debian.lock.yaml)',
      ).conflicts('refresh'),
    );
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

async function boot(image: string | undefined, flags: BootFlags): Promise<void> {
  const { cacheDir, outDir } = readSettings();
  await withSignal(async (signal) => {
    await bootCommand({
      image: image ?? `${outDir}/hearth.img`,
      flags,
      tools: async () =>
        await ensureToolsTree({ cacheDir, mirror: async () => await findMirror({}), signal }),
      logFolder: `${outDir}/boot`,
      stdout: process.stdout,
      stderr: process.stderr,
      signal,
    });
  });
}
