import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { readLock } from '../../builder/debian/lock.ts';
import { removeTree } from '../../builder/host/workspace.ts';
import { formatDuration } from '../../builder/text/duration.ts';
import { HearthRuns } from './bench/hearth-runs.ts';
import { emulators, plainRun } from './bench/plain-run.ts';
import { type Measurements, median, report } from './bench/report.ts';
import { prepareHost } from './prepare-host.ts';

const help = `scripts/bench: measures builds on this machine and compares them with plain mmdebstrap.

  --runs N         cold builds, rebuilds and builds with nothing changed (default 3)
  --plain-runs N   runs of plain mmdebstrap with each emulator; each takes 10 to 30 minutes (default 1; 0 leaves them out)
  --out FILE       where the report goes (default docs/benchmarks.md; - for standard output only)

Downloads come first and are not measured. Nothing else should run on the machine.

Examples:
  scripts/bench
  scripts/bench --runs 1 --plain-runs 0 --out -
`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    'plain-runs': { type: 'string', default: '1' },
    out: { type: 'string', default: `${import.meta.dirname}/../../docs/benchmarks.md` },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** The stages whose packages are compared. */
const comparedStages = ['00-bootstrap', '10-boot', '20-system'];

async function main(): Promise<void> {
  const runs = countOf('runs', values.runs, 1);
  const plainRuns = countOf('plain-runs', values['plain-runs'], 0);
  await prepareHost();
  const folder = await mkdtemp(`${tmpdir()}/hearth-bench-`);
  try {
    const measured = await measure(folder, runs, plainRuns);
    const text = await report(measured);
    process.stdout.write(text);
    if (values.out !== '-') await writeFile(values.out, text);
  } finally {
    await removeTree(folder);
  }
}

async function measure(folder: string, runs: number, plainRuns: number): Promise<Measurements> {
  const hearth = await HearthRuns.prepare(folder, say);
  const cold = await repeat(runs, 'cold build', async () => await hearth.cold(comparedStages.at(-1) ?? ''));
  const unchanged = await repeat(Math.max(runs, 5), 'nothing changed', async () => await hearth.unchanged());
  const oneFile = await repeat(runs, 'one file of the last stage', async () => await hearth.oneFile());
  const lock = await readLock(hearth.lockFile);
  const steps = lock.steps.filter(({ stage }) => comparedStages.includes(stage));
  const packages = steps.flatMap((step) => step.packages);
  const plain: { name: string; seconds: number[] }[] = [];
  for (const emulator of plainRuns === 0 ? [] : await emulators(hearth.tools, folder)) {
    await mkdir(`${folder}/plain`, { recursive: true });
    const seconds = await repeat(plainRuns, `plain mmdebstrap, ${emulator.name}`, async () => {
      const { cacheDir, tools } = hearth;
      return await plainRun({ emulator, packages, folder: `${folder}/plain`, cacheDir, tools });
    });
    plain.push({ name: emulator.name, seconds });
  }
  return { cold, unchanged, oneFile, plain, packages: packages.length, image: hearth.image };
}

async function repeat<T extends number | { seconds: number }>(
  times: number,
  what: string,
  run: () => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let number = 1; number <= times; number++) {
    say(`${what}, run ${number} of ${times} ...`);
    const result = await run();
    results.push(result);
    say(`  ${formatDuration((typeof result === 'number' ? result : result.seconds) * 1000)}`);
  }
  const seconds = results.map((result) => (typeof result === 'number' ? result : result.seconds));
  say(`  median ${formatDuration(median(seconds) * 1000)}`);
  return results;
}

function countOf(name: string, text: string, least: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= least) return count;
  process.stderr.write(`scripts/bench: --${name} takes a number of at least ${least}, not "${text}".\n`);
  process.exit(2);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

if (values.help) process.stdout.write(help);
else await main();
