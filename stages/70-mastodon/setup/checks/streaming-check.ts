import { randomBytes } from 'node:crypto';
import { bad, good, isChallenge, strangeAnswer } from './edge-texts.ts';
import type { MastodonCheck } from './scene.ts';

/** 9: apps can open a live stream (WebSocket) as far as the program that makes them. */
export const streamingCheck: MastodonCheck = {
  id: 'mastodon.streaming',
  title: { en: 'Mastodon: live streams', de: 'Mastodon: Live-Ströme' },
  look: async ({ facts: { web }, fetch }) => {
    const reply = await fetch(`https://${web}/api/v1/streaming`, {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      },
    });
    // Without a token nobody gets a stream: that the refusal comes shows that the way is right.
    if (reply.status === 401 && !isChallenge(reply))
      return good({ en: 'Apps can open live streams.', de: 'Apps können Live-Ströme öffnen.' });
    if (isChallenge(reply) || reply.status >= 500) return strangeAnswer(reply, web);
    if (reply.status === 400 || reply.status === 426) return noWebSocket(web);
    return bad(
      {
        en: `Live streams of ${web} end in the wrong place (${reply.status}): apps show news only when they are opened again.`,
        de: `Live-Ströme von ${web} enden an der falschen Stelle (${reply.status}): Apps zeigen Neues erst, wenn man sie wieder öffnet.`,
      },
      {
        en: `The tunnel needs one single entry for ${web}, to HTTP, localhost:80, with an empty path. Then run: hearthctl mastodon apply`,
        de: `Der Tunnel braucht einen einzigen Eintrag für ${web}, zu HTTP, localhost:80, mit leerem Pfad (Path). Führen Sie dann aus: hearthctl mastodon apply`,
      },
    );
  },
};

function noWebSocket(web: string) {
  return bad(
    {
      en: `On the way to Mastodon, WebSocket connections of ${web} lose what makes them one.`,
      de: `Auf dem Weg zu Mastodon geht bei WebSocket-Verbindungen von ${web} verloren, was sie dazu macht.`,
    },
    {
      en: 'At Cloudflare, open Network of the domain and switch WebSockets on.',
      de: 'Öffnen Sie bei Cloudflare „Network“ der Domain und schalten Sie „WebSockets“ ein.',
    },
  );
}
