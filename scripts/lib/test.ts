import { mkdir, readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { $ } from 'zx';
import { prepareHost } from './prepare-host.ts';

const help = `scripts/test [unit|stages|integration|boot|all] [--exhaustive] [--image FILE] [vitest options]

  unit         pure parts, and the rules of the code: format, lint, types, unused code    under a minute
  stages       each stage on a fake root file system                                    under a minute
  integration  real tools: tar, mke2fs, apt, small builds                               minutes
  boot         builds the slim image, boots it in QEMU and uses it                      about 15 minutes
  all          all of them (the default)

  --exhaustive   also the dear cases: more power cuts, more killed builds
  --image FILE   boot: this image instead of a fresh build

Examples:
  scripts/test unit
  scripts/test boot --image dist/hearth.img

The last line counts: N passed, N failed, N skipped. Exit codes: 0 all passed, 1 a test failed, 5 the image does not boot.`;

const projects = ['unit', 'stages', 'integration', 'boot'] as const;
type ProjectName = (typeof projects)[number];

interface Turn {
  /** Another one runs at the same time. */
  readonly isShared: boolean;
  /** Its lines are printed when all of them are there, so that two do not mix. */
  readonly isLater: boolean;
}

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const projectDir = resolve(import.meta.dirname, '../..');
const reportDir = `${projectDir}/test-results`;
const total: Counts = { passed: 0, failed: 0, skipped: 0 };

/** The rules of the code. Each is one test. */
const gates: readonly { name: string; command: readonly string[] }[] = [
  { name: 'types', command: ['node_modules/.bin/tsc'] },
  { name: 'format and lint', command: ['node_modules/.bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'unused code', command: ['node_modules/.bin/knip', '--no-progress'] },
];

interface Wish {
  readonly selected: readonly ProjectName[];
  readonly isExhaustive: boolean;
  readonly image: string | undefined;
  /** Handed on to vitest. */
  readonly rest: readonly string[];
}

async function main(args: string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(help);
    return;
  }
  const wish = readWish(args);
  if (wish.selected.length === 0) {
    console.error(`There is no such test project.\n\n${help}`);
    process.exitCode = 2;
    return;
  }
  const isReal = wish.selected.some((name) => name === 'integration' || name === 'boot');
  await prepareHost({ browser: isReal, testPrograms: true });
  await mkdir(reportDir, { recursive: true });
  $.cwd = projectDir;
  if (wish.selected.includes('unit')) await runGates();
  for (const names of turnsOf(wish.selected)) {
    const isShared = names.length > 1;
    await Promise.all(
      names.map(async (name, index) => await runWish(name, wish, { isShared, isLater: index > 0 })),
    );
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = exitCodeFor(wish.selected);
}

/**
 * What runs side by side. An emulated machine keeps one core busy, and so do small builds for most of their time: both
 * together take little longer than one of them.
 */
function turnsOf(selected: readonly ProjectName[]): ProjectName[][] {
  const together: readonly ProjectName[] = ['integration', 'boot'];
  const alone = selected.filter((name) => !together.includes(name)).map((name) => [name]);
  const rest = selected.filter((name) => together.includes(name));
  return rest.length === 0 ? alone : [...alone, rest];
}

async function runWish(name: ProjectName, wish: Wish, turn: Turn): Promise<void> {
  const image = name === 'boot' ? await imageEnvironment(wish) : {};
  if (image === undefined) return;
  await runProject(name, turn, wish.rest, {
    ...(wish.isExhaustive ? { HEARTH_EXHAUSTIVE: '1' } : {}),
    ...(turn.isShared ? { BOOT_TEST_SLOWNESS: process.env['BOOT_TEST_SLOWNESS'] ?? '2' } : {}),
    ...image,
  });
}

function exitCodeFor(selected: readonly ProjectName[]): number {
  if (total.failed === 0) return 0;
  return selected.length === 1 && selected[0] === 'boot' ? 5 : 1;
}

function readWish(args: readonly string[]): Wish {
  const rest = [...args];
  const wanted = rest[0]?.startsWith('-') === false ? rest.shift() : 'all';
  return {
    selected: projects.filter((name) => wanted === 'all' || wanted === name),
    isExhaustive: take(rest, '--exhaustive'),
    image: takeValue(rest, '--image'),
    rest,
  };
}

async function runGates(): Promise<void> {
  for (const { name, command } of gates) {
    const result = await $({ quiet: true })`${command}`.nothrow();
    if (result.exitCode === 0) total.passed += 1;
    else {
      total.failed += 1;
      console.log(result.stdout + result.stderr);
    }
    console.log(`${result.exitCode === 0 ? 'passed' : 'FAILED'}  ${name}`);
  }
}

async function runProject(
  name: ProjectName,
  { isLater }: Turn,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const report = `${reportDir}/${name}.json`;
  await rm(report, { force: true });
  if (isLater) console.log(`The ${name} tests run beside these; their lines follow.`);
  const result = await $({
    stdio: isLater ? 'pipe' : 'inherit',
    quiet: true,
    env: { ...process.env, ...environment },
  })`node_modules/.bin/vitest run \
    --project ${name} --reporter=default --reporter=json --outputFile.json=${report} ${args}`.nothrow();
  if (isLater) console.log(`\nThe ${name} tests:\n${result.stdout}${result.stderr}`);
  const counted = await readReport(report);
  total.passed += counted.passed;
  total.failed += counted.failed;
  total.skipped += counted.skipped;
  // Vitest can fail without a failed test: a file that can not be loaded, an error outside of tests.
  if (result.exitCode !== 0 && counted.failed === 0) total.failed += 1;
}

async function readReport(path: string): Promise<Counts> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(text) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numTodoTests: number;
  };
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** Builds the slim image unless one is named; undefined if that failed, which counts as a failed test. */
async function imageEnvironment({ image }: Wish): Promise<Record<string, string> | undefined> {
  if (image !== undefined) return { HEARTH_TEST_IMAGE: resolve(image) };
  const built = await $({
    stdio: ['ignore', 'pipe', 'inherit'],
  })`${projectDir}/scripts/hearth build --edition slim`.nothrow();
  const path = built.stdout.trim().split('\n').at(-1) ?? '';
  if (built.exitCode === 0 && path !== '') return { HEARTH_TEST_IMAGE: path };
  console.log('FAILED  the slim image could not be built');
  total.failed += 1;
  return undefined;
}

function take(args: string[], flag: string): boolean {
  const index = args.indexOf(flag);
  if (index >= 0) args.splice(index, 1);
  return index >= 0;
}

function takeValue(args: string[], flag: string): string | undefined {
  const index = args.indexOf(flag);
  return index >= 0 ? args.splice(index, 2)[1] : undefined;
}

await main(process.argv.slice(2));
