import type { CheckResult } from '../../../90-first-boot/agent/setup/define.ts';
import { bad, good, warning } from './edge-texts.ts';
import { outgoingFile, readOutgoing } from './outgoing-job.ts';
import type { MastodonCheck } from './scene.ts';

const hourMs = 3_600_000;
/** It is looked once a day; a device may be off for a while. */
const oldMs = 72 * hourMs;

/** 16: this server reaches others, and they take its signature. Shows the last look; see outgoing-job.ts. */
export const outgoingCheck: MastodonCheck = {
  id: 'mastodon.outgoing',
  title: { en: 'Mastodon: reaching others', de: 'Mastodon: andere erreichen' },
  look: async ({ device, world }) => {
    const last = readOutgoing(device.read(outgoingFile));
    if (last === undefined) return notYet;
    const ageMs = world.nowMs() - last.atMs;
    if (ageMs > oldMs) return old(Math.floor(ageMs / (24 * hourMs)));
    if (last.account === undefined) return failed(last.error ?? '?');
    return good({
      en: `The last look at another server worked (${last.account}).`,
      de: `Der letzte Blick auf einen anderen Server hat funktioniert (${last.account}).`,
    });
  },
};

const lookNow = {
  en: 'To look now, run: hearthctl mastodon outgoing',
  de: 'Um jetzt nachzusehen, führen Sie aus: hearthctl mastodon outgoing',
};

const notYet: CheckResult = warning(
  {
    en: 'Whether this server reaches others has not been looked at yet. That is done once a day.',
    de: 'Ob dieser Server andere erreicht, wurde noch nicht geprüft. Das geschieht einmal am Tag.',
  },
  lookNow,
);

function old(days: number): CheckResult {
  return warning(
    {
      en: `Whether this server reaches others was last looked at ${days} days ago.`,
      de: `Ob dieser Server andere erreicht, wurde zuletzt vor ${days} Tagen geprüft.`,
    },
    lookNow,
  );
}

function failed(error: string): CheckResult {
  return bad(
    {
      en: `This server could not fetch an account of another server: ${error}`,
      de: `Dieser Server konnte kein Konto eines anderen Servers holen: ${error}`,
    },
    {
      en: 'See that the checks of names, clock, identity and the tunnel are good, then run: hearthctl mastodon outgoing',
      de: 'Sorgen Sie dafür, dass die Prüfungen zu Namen, Uhr, Identität und Tunnel gut sind, und führen Sie dann aus: hearthctl mastodon outgoing',
    },
  );
}
