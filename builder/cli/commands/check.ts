import { knownWeakness } from '../../artifacts/floors.ts';
import { unpinnedNote } from '../../artifacts/place.ts';
import { HearthError } from '../../errors/hearth-error.ts';
import { findMirror } from '../../host/mirror.ts';
import { checkHost } from '../../host/preflight.ts';
import type { Project } from '../../plan/project.ts';
import { count } from '../../text/count.ts';
import { loadProject } from '../project.ts';
import { readSettings } from '../settings.ts';
import type { BuildFlags } from './build.ts';

/** `hearth check`: config, stages and host; every problem at once. */
export async function checkCommand(flags: BuildFlags): Promise<void> {
  const settings = readSettings(flags);
  const folders = { cacheDir: settings.cacheDir, outDir: settings.outDir };
  const options = flags.edition === undefined ? {} : { edition: flags.edition };
  const [project, host] = await Promise.allSettled([loadProject(settings, options), checkHost(folders)]);
  if (project.status === 'rejected' && host.status === 'rejected') {
    throw bothWrong(project.reason, host.reason);
  }
  if (project.status === 'rejected') throw project.reason;
  if (host.status === 'rejected') throw host.reason;
  const { config, stages } = project.value;
  const mirror = await findMirror({
    mirror: config.debian.mirror,
    securityMirror: config.debian.securityMirror,
  });
  process.stderr.write(
    [
      `config   ${settings.configPath}: good`,
      `stages   ${count(stages.length, 'stage')}: ${stages.map((stage) => stage.name).join(', ')}`,
      ...artifactLines(project.value),
      `mirror   ${mirror.main} (${mirror.source})`,
      `host     good; ${host.value.acceleration}`,
      '',
    ].join('\n'),
  );
}

/** The lock's entries that this image uses, and what is known of them. */
function artifactLines({ artifacts: placed, unpinned }: Project): readonly string[] {
  const missing = unpinnedNote(unpinned);
  const notes = missing === undefined ? [] : [`${placed.length === 0 ? 'lock     ' : '         '}${missing}`];
  if (placed.length === 0) return notes;
  const names = placed.map(({ artifact, delivery }) => `${artifact.name} (${delivery})`);
  const weaknesses = new Set(placed.flatMap(({ artifact }) => knownWeakness(artifact) ?? []));
  return [
    `lock     ${count(placed.length, 'artifact')}: ${names.join(', ')}`,
    ...[...weaknesses].map((weakness) => `         renew it with \`scripts/hearth lock\`: ${weakness}`),
    ...notes,
  ];
}

function bothWrong(project: unknown, host: unknown): Error {
  if (!(project instanceof HearthError)) return project as Error;
  if (!(host instanceof HearthError)) return host as Error;
  const todo = [project.todo, host.todo].filter((text) => text !== undefined).join('\n');
  return new HearthError(project.code, {
    what: `${project.message} ${host.message}`,
    details: `${project.details ?? ''}\n${host.details ?? ''}`,
    ...(todo === '' ? {} : { todo }),
    state: 'Nothing was built.',
  });
}
