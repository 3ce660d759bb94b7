import { readFile, stat } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { formatDuration } from '../../../builder/text/duration.ts';
import { markdownTable } from '../../../builder/text/markdown.ts';
import { formatSize } from '../../../builder/text/size.ts';
import type { ColdRun } from './hearth-runs.ts';

export interface Measurements {
  readonly cold: readonly ColdRun[];
  readonly unchanged: readonly number[];
  readonly oneFile: readonly number[];
  readonly plain: readonly { readonly name: string; readonly seconds: readonly number[] }[];
  /** How many packages were compared. */
  readonly packages: number;
  readonly image: string;
}

/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** docs/benchmarks.md. */
export async function report(measured: Measurements): Promise<string> {
  const { cold, unchanged, oneFile, plain, packages } = measured;
  const ours = cold.map(({ seconds }) => seconds);
  const rows = [
    ['Hearth, stages 00 to 20', time(median(ours)), range(ours), String(ours.length), '1'],
    ...plain.map(({ name, seconds }) => [
      `plain mmdebstrap, ${name}`,
      ...[time(median(seconds)), range(seconds), String(seconds.length)],
      (median(seconds) / median(ours)).toFixed(1),
    ]),
  ];
  const size = await stat(measured.image).then((info) => formatSize(info.size));
  return [
    '# Benchmarks',
    '',
    '<!-- Written by scripts/bench: run it to measure your own machine. -->',
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${await machine()}. Times are medians; the range is the fastest and the slowest run.`,
    '',
    '## A build from nothing, against plain mmdebstrap',
    '',
    `The same ${packages} packages, those of the stages 00-bootstrap, 10-boot and 20-system, all fetched before. The ratio says how many times longer plain mmdebstrap takes.`,
    '',
    markdownTable(['way', 'time', 'range', 'runs', 'ratio'], rows),
    '',
    '- Hearth: from the start of `scripts/hearth build` to the end of stage 20: planning, the decision which packages to take, checksums, the steps of all three stages, and their compressed layers on disk.',
    '- Plain mmdebstrap: that of Debian 13, `--variant=minbase --include=…` with the same packages from a local repository into a folder, defaults for the rest. It runs in the same kind of namespaces, so that each emulator can be registered without touching the host; the emulator is the handler of all arm64 programs.',
    '- What Hearth does beside it (configuration, locale, services) is in its time; what plain mmdebstrap leaves out is not added.',
    '',
    '## The whole slim image',
    '',
    markdownTable(
      ['part of the cold build', 'time'],
      [
        ...(cold[0]?.parts ?? []).map(({ name }, index) => [
          name,
          time(median(cold.map((run) => run.parts[index]?.seconds ?? Number.NaN))),
        ]),
        [`whole command (image of ${size})`, time(median(cold.map(({ totalSeconds }) => totalSeconds)))],
      ],
    ),
    '',
    '## Building again',
    '',
    markdownTable(
      ['what changed', 'time', 'range', 'runs'],
      [
        ['nothing', time(median(unchanged)), range(unchanged), String(unchanged.length)],
        [
          'one template of the last stage, to the new image',
          time(median(oneFile)),
          range(oneFile),
          String(oneFile.length),
        ],
      ],
    ),
    '',
  ].join('\n');
}

function time(seconds: number): string {
  return formatDuration(seconds * 1000);
}

function range(values: readonly number[]): string {
  if (values.length < 2) return '';
  return `${time(Math.min(...values))} to ${time(Math.max(...values))}`;
}

async function machine(): Promise<string> {
  const system = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(system)?.[1] ?? 'Linux';
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${availableParallelism()} cores (${model}, ${process.arch}), ${formatSize(totalmem())} of memory, ${name}, Linux ${release()}`;
}
