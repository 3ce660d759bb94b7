import { resolve } from 'node:path';
import { findMirror } from '../../host/mirror.ts';
import { ensureToolsTree } from '../../host/tools-tree.ts';
import { type InspectedArtifact, type Inspection, inspectImage } from '../../image/inspect.ts';
import { formatSize } from '../../text/size.ts';
import { formatTable } from '../../text/table.ts';
import { readSettings } from '../settings.ts';

export interface InspectFlags {
  readonly json?: boolean;
  readonly packages?: boolean;
}

/** `hearth inspect IMAGE`: what is in an image, read from the image itself. */
export async function inspectCommand(image: string | undefined, flags: InspectFlags): Promise<void> {
  const { cacheDir, outDir } = readSettings();
  const tools = await ensureToolsTree({ cacheDir, mirror: async () => await findMirror({}) });
  const inspection = await inspectImage(tools, resolve(image ?? `${outDir}/hearth.img`));
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ version: 1, ...inspection }, null, 2)}\n`
      : describe(inspection, flags.packages === true),
  );
}

function describe(inspection: Inspection, withPackages: boolean): string {
  const { about, table, root, packages, bootFiles, artifacts } = inspection;
  const used = (number: number) =>
    number === 2
      ? `ext4 rootfs, ${formatSize(root.freeBytes)} free, UUID ${root.uuid}`
      : `FAT32 bootfs, ${bootFiles.length} files, ${formatSize(bootFiles.reduce((sum, file) => sum + file.sizeBytes, 0))}`;
  const sections = [
    [
      `Image        ${inspection.path}`,
      ...(about
        ? [
            `Hearth       ${about.version}, edition ${about.edition}, dated ${about.date}`,
            `Fingerprint  ${about.fingerprint}`,
          ]
        : ['Hearth       not made by Hearth']),
      `Disk id      ${table.diskId}`,
      `Packages     ${packages.length}${withPackages ? '' : ' (--packages lists them)'}`,
    ],
    [
      'Partitions',
      formatTable(
        table.partitions.map((part) => [`  ${part.number}`, formatSize(part.sizeBytes), used(part.number)]),
      ),
    ],
    ...(about
      ? [
          [
            'Stages',
            formatTable(about.stages.map((stage) => [`  ${stage.name}`, stage.fingerprint.slice(0, 16)])),
          ],
        ]
      : []),
    ...(artifacts.length > 0 ? [['Of others than Debian', formatTable(artifacts.map(artifactRow))]] : []),
    ...(withPackages
      ? [
          [
            'Packages',
            formatTable(packages.map((entry) => [`  ${entry.name}`, entry.version, entry.architecture])),
          ],
        ]
      : []),
  ];
  return `${sections.map((lines) => lines.join('\n').trimEnd()).join('\n\n')}\n`;
}

/** Name, version, size, and how it comes to the device. */
export function artifactRow(artifact: InspectedArtifact): string[] {
  const { name, reference, delivery, file } = artifact;
  const { version, sizeBytes, path } = file ?? artifact;
  const isBaked = file !== undefined || delivery === 'baked';
  return [
    `  ${name}`,
    version ?? reference ?? '',
    sizeBytes === undefined ? '' : formatSize(sizeBytes),
    isBaked ? `baked: ${path}` : 'the device fetches it when it is set up',
  ];
}
