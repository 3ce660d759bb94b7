import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';

/** Keys of a config.yml that are the device's own business: where the key is, how it runs, what it listens on. */
const ownKeys = new Set(
  'tunnel credentials-file credentials-contents cred-file token token-file origincert metrics autoupdate-freq no-autoupdate logfile log-file logdirectory log-directory log-format-output pidfile hello-world url unix-socket management-diagnostics'.split(
    ' ',
  ),
);

/** What is wrong with the text of a config.yml at first sight, or undefined. cloudflared itself looks closer later. */
export function configProblem(text: string): LocalText | undefined {
  if (/^\s*[{[]/.test(text)) return messages.notLines;
  if (/^ *\t/m.test(text)) return messages.tab;
  if (!/^["']?ingress["']?\s*:/m.test(text)) return messages.noIngress;
  return hostnamesIn(text).length === 0 ? messages.noHostname : undefined;
}

/** The hostnames of its rules, in their order. */
export function hostnamesIn(text: string): readonly string[] {
  const found = text.matchAll(/^[ ]*(?:-[ ]+)?["']?hostname["']?[ ]*:[ ]*["']?([^"'\s#]+)/gm);
  return [...new Set([...found].map(([, name = '']) => name))];
}

/** The tunnel that it is for, small letters, if it says so by a UUID. */
export function tunnelIn(text: string): string | undefined {
  return /^["']?tunnel["']?\s*:\s*["']?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/im
    .exec(text)?.[1]
    ?.toLowerCase();
}

/** The same text without the keys that the device decides. */
export function ownConfig(text: string): string {
  let isDropping = false;
  const kept = text.split(/\r?\n/).filter((line) => {
    const [, key] = /^["']?([A-Za-z][\w-]*)["']?\s*:/.exec(line) ?? [];
    if (key !== undefined) isDropping = ownKeys.has(key.toLowerCase());
    // What is indented, or empty, belongs to the key above; so does a list that is not.
    else if (!/^(?:\s|-|#|$)/.test(line)) isDropping = false;
    return !isDropping;
  });
  return `${kept.join('\n').trim()}\n`;
}

const messages = {
  notLines: {
    en: 'Please write it in lines, each as "key: value", as cloudflared describes it.',
    de: 'Bitte zeilenweise schreiben, jede Zeile als „schlüssel: wert“, wie cloudflared es beschreibt.',
  },
  tab: {
    en: 'A line begins with a tab. YAML wants spaces there.',
    de: 'Eine Zeile beginnt mit einem Tabulator. YAML will dort Leerzeichen.',
  },
  noIngress: {
    en: 'The part "ingress:" is missing. Without it the tunnel leads nowhere.',
    de: 'Der Teil „ingress:“ fehlt. Ohne ihn führt der Tunnel nirgendwohin.',
  },
  noHostname: {
    en: 'No rule under "ingress:" has a hostname.',
    de: 'Keine Regel unter „ingress:“ hat einen „hostname“.',
  },
} as const;
