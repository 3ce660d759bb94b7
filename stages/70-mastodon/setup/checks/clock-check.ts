import { bad, good, warning } from './edge-texts.ts';
import type { MastodonCheck } from './scene.ts';

const synchronizedFile = '/run/systemd/timesync/synchronized';
/** Some servers refuse signatures that are older than this, or from the future. */
const limitSeconds = 30;

const online = {
  en: 'See that the device reaches the Internet and that your network lets NTP (UDP port 123) through, and restart the device.',
  de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt und Ihr Netz NTP (UDP-Port 123) durchlässt, und starten Sie das Gerät neu.',
};

/** 11: the clock is right. What is signed carries the time, and other servers refuse what is too old. */
export const clockCheck: MastodonCheck = {
  id: 'mastodon.clock',
  title: { en: 'Mastodon: clock', de: 'Mastodon: Uhr' },
  look: async ({ device, world }) => {
    const ahead = await world.clockAheadSeconds();
    if (ahead !== undefined && Math.abs(ahead) > limitSeconds) return wrong(Math.round(ahead));
    if (device.read(synchronizedFile) === undefined) return notSet;
    return good({
      en: 'The clock is right: other servers take what is signed here.',
      de: 'Die Uhr geht richtig: Andere Server nehmen an, was hier unterschrieben wird.',
    });
  },
};

function wrong(ahead: number) {
  const seconds = Math.abs(ahead);
  const [en, de] = ahead > 0 ? ['fast', 'vor'] : ['slow', 'nach'];
  return bad(
    {
      en: `The clock is ${seconds} seconds ${en}. Other servers refuse what was signed at a wrong time.`,
      de: `Die Uhr geht ${seconds} Sekunden ${de}. Andere Server lehnen ab, was zur falschen Zeit unterschrieben wurde.`,
    },
    online,
  );
}

const notSet = warning(
  {
    en: 'The clock has not been set since the start. If it goes wrong, other servers refuse messages from here.',
    de: 'Die Uhr wurde seit dem Start nicht gestellt. Geht sie falsch, lehnen andere Server Nachrichten von hier ab.',
  },
  online,
);
