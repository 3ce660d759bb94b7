import type { StepTask } from '../../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../../90-first-boot/agent/setup/define.ts';
import { mastodonSite, siteFile } from './site.ts';

const unit = 'nginx.service';
const mainFile = '/etc/nginx/hearth.conf';
/** Nothing in it is read by the running nginx. */
const draftFolder = '/run/hearth/front-draft';

/**
 * Opens the front door for Mastodon's domains, and closes it again when the owner no longer wants Mastodon. A site that
 * nginx does not understand is never put in place. Uses another topic too: with skipped ones alone no step runs.
 */
export const frontStep: SetupStep = {
  id: 'mastodon.front',
  order: 245,
  title: { en: 'Opening the door for Mastodon', de: 'Zugang für Mastodon öffnen' },
  uses: ['mastodon', 'mastodon-media', 'administrator'],
  afterClaim: true,
  seconds: 3,
  isOptional: true,
  run: async (task) => {
    const site = siteOf(task);
    if (site === undefined) return await closeDoor(task);
    if (task.read(siteFile) !== site) {
      await testDraft(task, site);
      task.write(siteFile, site, 0o644);
    }
    // Also when the file was there: the power may have gone before nginx had read it.
    await task.must('systemctl', ['reload-or-restart', unit]);
  },
  undo: async (task) => {
    task.remove(siteFile);
    await task.must('sync');
  },
};

function siteOf(task: StepTask): string | undefined {
  const values = task.answers('mastodon');
  if (values === undefined) return undefined;
  const { domain = '', webDomain } = values;
  const where = (task.answers('mastodon-media')?.['where'] ?? 'local') === 'local' ? 'local' : 'bucket';
  return mastodonSite({ localDomain: domain, ...(webDomain ? { webDomain } : {}), media: { where } });
}

async function closeDoor(task: StepTask): Promise<void> {
  if (task.read(siteFile) === undefined) return;
  task.remove(siteFile);
  await task.must('systemctl', ['reload-or-restart', unit]);
}

/**
 * Has nginx read the site in a configuration of its own. That one differs from the real one in the place of the sites and in
 * those of all that nginx makes for itself: made here, by root, the running nginx could not write there any more.
 */
async function testDraft(task: StepTask, site: string): Promise<void> {
  const draft = (task.read(mainFile) ?? '')
    .replace('include /run/nginx/sites/*.conf;', `include ${draftFolder}/site;`)
    .replace('pid /run/nginx/', `pid ${draftFolder}/`)
    .replaceAll('/var/cache/nginx/', `${draftFolder}/`);
  if (!draft.includes(`${draftFolder}/site`)) throw new Error(`${mainFile} does not read the sites`);
  task.write(`${draftFolder}/site`, site, 0o600);
  task.write(`${draftFolder}/main.conf`, draft, 0o600);
  try {
    await task.must('nginx', ['-t', '-q', '-c', `${draftFolder}/main.conf`]);
  } finally {
    task.remove(draftFolder);
  }
}
