import { bad, good, strangeAnswer, warning } from './edge-texts.ts';
import { jsonOf, record, text } from './json.ts';
import type { MastodonCheck } from './scene.ts';

/** 3: Mastodon itself answers under its public name. */
export const healthCheck: MastodonCheck = {
  id: 'mastodon.pages',
  title: { en: 'Mastodon: pages', de: 'Mastodon: Seiten' },
  look: async ({ facts: { web }, fetch }) => {
    const reply = await fetch(`https://${web}/health`);
    if (reply.status !== 200) return strangeAnswer(reply, web);
    if (reply.text.trim() === 'OK')
      return good({
        en: `Mastodon answers under https://${web}.`,
        de: `Mastodon antwortet unter https://${web}.`,
      });
    return bad(
      {
        en: `Something else than Mastodon answers under https://${web}.`,
        de: `Unter https://${web} antwortet etwas anderes als Mastodon.`,
      },
      {
        en: `See that ${web} leads to this device: as a published application of the tunnel, and in no other place.`,
        de: `Sorgen Sie dafür, dass ${web} zu diesem Gerät führt: als „Published application“ des Tunnels, und nirgendwo sonst.`,
      },
    );
  },
};

/** 8: what the server says about itself is right: version, domain, address of the streams. */
export const instanceCheck: MastodonCheck = {
  id: 'mastodon.instance',
  title: { en: 'Mastodon: what it says of itself', de: 'Mastodon: Selbstauskunft' },
  look: async ({ facts, fetch }) => {
    const { web, local, version, isLimited } = facts;
    const [node, instance] = await Promise.all([
      fetch(`https://${web}/nodeinfo/2.0`, { headers: { Accept: 'application/json' } }),
      fetch(`https://${web}/api/v2/instance`, { headers: { Accept: 'application/json' } }),
    ]);
    const software = record(jsonOf(node.text)?.['software']);
    if (node.status !== 200 || software['name'] !== 'mastodon') return strangeAnswer(node, web);
    const running = text(software['version']);
    if (!isSameVersion(running, version)) return otherVersion(running, version);
    // A server that lets in only chosen ones tells strangers nothing here.
    if (isLimited && instance.status === 401) return fine(running);
    const said = jsonOf(instance.text);
    if (instance.status !== 200 || said === undefined) return strangeAnswer(instance, web);
    if (said['domain'] !== local) return otherDomain(text(said['domain']), local);
    const streaming = text(record(record(said['configuration'])['urls'])['streaming']);
    return streaming === `wss://${web}` ? fine(running) : otherStreaming(streaming, web);
  },
};

/** `4.7.4` and `v4.7.4`; somebody's own build adds something behind a plus. */
function isSameVersion(running: string, wanted: string): boolean {
  return running.split('+')[0] === wanted.replace(/^v/, '');
}

function fine(version: string) {
  return good({
    en: `It runs Mastodon ${version} and says the right things about itself.`,
    de: `Es läuft Mastodon ${version}, und die Angaben über sich selbst stimmen.`,
  });
}

function otherVersion(running: string, wanted: string) {
  const shown = running === '' ? '?' : running;
  return warning(
    {
      en: `Mastodon ${shown} answers, but ${wanted.replace(/^v/, '')} is the one that was installed. An upgrade may be under way, or an old answer comes from a cache.`,
      de: `Es antwortet Mastodon ${shown}, installiert ist aber ${wanted.replace(/^v/, '')}. Vielleicht läuft gerade ein Update, oder eine alte Antwort kommt aus einem Cache.`,
    },
    {
      en: 'Wait until the upgrade is done. If it stays so, "hearthctl mastodon status" tells what runs.',
      de: 'Warten Sie, bis das Update fertig ist. Bleibt es so, sagt „hearthctl mastodon status“, was läuft.',
    },
  );
}

const apply = {
  en: 'Run: hearthctl mastodon apply. If it stays so, another Mastodon answers under this name.',
  de: 'Führen Sie aus: hearthctl mastodon apply. Bleibt es so, antwortet unter diesem Namen ein anderes Mastodon.',
};

function otherDomain(said: string, local: string) {
  return bad(
    {
      en: `Mastodon says that its accounts belong to ${said === '' ? '?' : said}, not to ${local}.`,
      de: `Mastodon sagt, seine Konten gehören zu ${said === '' ? '?' : said}, nicht zu ${local}.`,
    },
    apply,
  );
}

function otherStreaming(said: string, web: string) {
  return bad(
    {
      en: `Mastodon sends apps for live streams to ${said === '' ? '?' : said}, not to wss://${web}.`,
      de: `Mastodon schickt Apps für Live-Ströme zu ${said === '' ? '?' : said}, nicht zu wss://${web}.`,
    },
    apply,
  );
}
