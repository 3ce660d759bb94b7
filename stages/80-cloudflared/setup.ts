import { readFileSync } from 'node:fs';
import { type Answers, defineSetup, type Values } from '../90-first-boot/agent/setup/define.ts';
import { hostnamesIn } from './setup/config-text.ts';
import { handMadeRoute, serviceFields } from './setup/route.ts';
import { makeStartStep } from './setup/start-step.ts';
import { connectionCheck, routeCheck } from './setup/tunnel-checks.ts';
import { readSettings } from './setup/tunnel-files.ts';
import { prepareStep } from './setup/tunnel-steps.ts';
import { makeTunnelTopic } from './setup/tunnel-topic.ts';

export const setup = defineSetup({
  topics: [makeTunnelTopic(() => readSettings({ read: readIfThere }))],
  steps: [prepareStep, makeStartStep()],
  checks: [connectionCheck, routeCheck],
  links: [
    {
      title: { en: 'In the Internet', de: 'Im Internet' },
      text: {
        en: 'For everybody, by way of the tunnel.',
        de: 'Für alle, auf dem Weg durch den Tunnel.',
      },
      address: (answers) => {
        const hostname = publicName(tunnelValues(answers));
        return hostname === undefined ? undefined : `https://${hostname}`;
      },
    },
    {
      title: { en: 'Entry at Cloudflare: name', de: 'Eintrag bei Cloudflare: Name' },
      text: {
        en: 'Subdomain and Domain together, under published applications of the tunnel. Path stays empty.',
        de: 'Subdomain und Domain zusammen, bei „Published applications“ des Tunnels. Path bleibt leer.',
      },
      address: (answers) => handMadeRoute(answers)?.hostname,
    },
    {
      title: { en: 'Entry at Cloudflare: service', de: 'Eintrag bei Cloudflare: Dienst' },
      text: { en: 'Type and URL of the same entry.', de: 'Type und URL desselben Eintrags.' },
      address: (answers) => {
        const route = handMadeRoute(answers);
        if (route === undefined) return undefined;
        const { type, address } = serviceFields(route);
        return `${type}, ${address}`;
      },
    },
    {
      title: { en: 'Entry at Cloudflare: HTTPS', de: 'Eintrag bei Cloudflare: HTTPS' },
      text: {
        en: 'Origin Server Name (under TLS) and HTTP Host Header (under HTTP Settings) of the same entry. Also switch No TLS Verify on, under TLS.',
        de: 'Origin Server Name (unter TLS) und HTTP Host Header (unter HTTP Settings) desselben Eintrags. Schalten Sie auch No TLS Verify ein, unter TLS.',
      },
      address: (answers) => handMadeRoute(answers)?.originRequest?.originServerName,
    },
  ],
});

function tunnelValues({ tunnel }: Answers): Values | undefined {
  return tunnel?.state === 'answered' ? tunnel.values : undefined;
}

/** The name that visitors type; of a config.yml the first one that is no wildcard. */
function publicName(values: Values | undefined): string | undefined {
  if (values?.['how'] !== 'file') return values?.['hostname'];
  return hostnamesIn(values['config'] ?? '').find((name) => !name.includes('*'));
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
