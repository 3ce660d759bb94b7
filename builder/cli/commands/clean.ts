import { removeTree } from '../../host/workspace.ts';
import { makeWorkFolder } from '../../run/work-folder.ts';
import { readSettings } from '../settings.ts';

export interface CleanFlags {
  readonly stages?: boolean;
  readonly tools?: boolean;
  readonly packages?: boolean;
  readonly artifacts?: boolean;
  readonly all?: boolean;
}

/** `hearth clean`: what killed and failed builds left; with flags also results, tools, packages and artifacts of the cache. */
export async function cleanCommand(flags: CleanFlags): Promise<void> {
  const { cacheDir } = readSettings();
  // Making a work folder sweeps those of killed builds.
  await removeTree(await makeWorkFolder(cacheDir));
  const chosen = [
    'failed',
    ...(flags.stages || flags.all ? ['layers', 'views', 'plans', 'stages'] : []),
    ...(flags.packages || flags.all ? ['debs', 'archive'] : []),
    ...(flags.artifacts || flags.all ? ['artifacts'] : []),
    ...(flags.tools || flags.all ? ['tools'] : []),
  ];
  for (const folder of chosen) await removeTree(`${cacheDir}/${folder}`);
  process.stderr.write(`Removed from ${cacheDir}: leftovers, ${chosen.join(', ')}\n`);
}
