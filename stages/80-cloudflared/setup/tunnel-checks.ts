import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';
import type { CheckResult, DoctorCheck } from '../../90-first-boot/agent/setup/define.ts';
import { type ActiveRule, activeRules, covers, readyState } from './metrics.ts';
import { fieldsText, isSameService, type Route } from './route.ts';
import { type Expected, readExpected, readPrepared, readSettings } from './tunnel-files.ts';

const notUsed: CheckResult = {
  state: 'good',
  meaning: { en: 'There is no tunnel, as you wish.', de: 'Es gibt keinen Tunnel, wie gewünscht.' },
};

/** The tunnel has connections to Cloudflare. */
export const connectionCheck: DoctorCheck = {
  id: 'tunnel.connection',
  title: { en: 'Tunnel: connection', de: 'Tunnel: Verbindung' },
  run: async (device) => {
    if (readExpected(device) === undefined) return withoutToken(device);
    const { connections } = await readyState(readSettings(device).metrics);
    if (connections === undefined) return notRunning;
    if (connections === 0) return notConnected;
    const meaning = {
      en: `The tunnel is up, with ${connections} ${connections === 1 ? 'connection' : 'connections'} to Cloudflare.`,
      de: `Der Tunnel steht, mit ${connections} ${connections === 1 ? 'Verbindung' : 'Verbindungen'} zu Cloudflare.`,
    };
    return connections > 1 ? { state: 'good', meaning } : { state: 'warning', meaning, todo: oneConnection };
  },
};

/** The tunnel leads where it shall. */
export const routeCheck: DoctorCheck = {
  id: 'tunnel.route',
  title: { en: 'Tunnel: route', de: 'Tunnel: Weg' },
  run: async (device) => {
    const expected = readExpected(device);
    if (expected === undefined) return withoutToken(device);
    const rules = await activeRules(readSettings(device).metrics);
    if (rules === undefined) return notRunning;
    for (const route of expected.routes) {
      const problem = routeProblem(route, rules, expected.how);
      if (problem !== undefined) return problem;
    }
    const names = expected.routes.map(({ hostname }) => hostname).join(', ');
    return {
      state: 'good',
      meaning: {
        en: `Visitors of ${names} are led here.`,
        de: `Besucher von ${names} werden hierher geführt.`,
      },
    };
  },
};

function withoutToken(device: DeviceLook): CheckResult {
  return readPrepared(device) === undefined ? notUsed : closed;
}

function routeProblem(
  route: Partial<Route>,
  rules: readonly ActiveRule[],
  how: Expected['how'],
): CheckResult | undefined {
  const { hostname = '', service } = route;
  const found = rules.find((rule) => covers(rule, hostname));
  if (found === undefined)
    return wrong(route, how, {
      en: `The tunnel does not lead visitors of ${hostname} anywhere.`,
      de: `Der Tunnel führt Besucher von ${hostname} nirgendwohin.`,
    });
  if (service === undefined) return undefined;
  if (!isSameService(found.service ?? '', service))
    return wrong(route, how, {
      en: `The tunnel leads visitors of ${hostname} to ${found.service}, not to ${service}.`,
      de: `Der Tunnel führt Besucher von ${hostname} zu ${found.service}, nicht zu ${service}.`,
    });
  return originProblem(route, found, how);
}

/** `localhost` as the host header would show this page, which is for the home only, to the Internet. */
function originProblem(
  route: Partial<Route>,
  found: ActiveRule,
  how: Expected['how'],
): CheckResult | undefined {
  const { hostname = '', originRequest } = route;
  const header = found.originRequest?.['httpHostHeader'];
  if (typeof header === 'string' && header !== '' && header !== hostname)
    return wrong(route, how, {
      en: `At Cloudflare the HTTP Host Header of ${hostname} is ${header}. It has to be empty or ${hostname}.`,
      de: `Bei Cloudflare ist der HTTP Host Header von ${hostname} auf ${header} gesetzt. Er muss leer sein oder ${hostname}.`,
    });
  const missing = Object.entries(originRequest ?? {}).find(
    ([name, value]) => found.originRequest?.[name] !== value,
  );
  if (missing === undefined) return undefined;
  return wrong(route, how, {
    en: `For the HTTPS address behind ${hostname} an entry is missing: ${missing[0]}.`,
    de: `Für die HTTPS-Adresse hinter ${hostname} fehlt ein Eintrag: ${missing[0]}.`,
  });
}

function wrong(route: Partial<Route>, how: Expected['how'], meaning: CheckResult['meaning']): CheckResult {
  return { state: 'bad', meaning, todo: todoOf(route, how) };
}

function todoOf({ hostname = '', service, originRequest }: Partial<Route>, how: Expected['how']) {
  if (how === 'file' || service === undefined)
    return {
      en: 'Correct the config.yml in the settings of the tunnel.',
      de: 'Berichtigen Sie die config.yml in den Einstellungen des Tunnels.',
    };
  const { en, de } = fieldsText({
    hostname,
    service,
    ...(originRequest === undefined ? {} : { originRequest }),
  });
  return {
    en: `Enter at Cloudflare, as a published application of the tunnel: ${en}`,
    de: `Tragen Sie bei Cloudflare ein, als „Published application“ des Tunnels: ${de}`,
  };
}

const closed: CheckResult = {
  state: 'bad',
  meaning: {
    en: 'The tunnel is closed: its token is for other names than yours.',
    de: 'Der Tunnel ist geschlossen: Sein Token gilt für andere Namen als Ihren.',
  },
  todo: {
    en: 'Enter the token of the right tunnel in the settings of the tunnel.',
    de: 'Geben Sie in den Einstellungen des Tunnels das Token des richtigen Tunnels ein.',
  },
};

const notRunning: CheckResult = {
  state: 'bad',
  meaning: { en: 'The tunnel does not run.', de: 'Der Tunnel läuft nicht.' },
  todo: {
    en: 'Wait two minutes. If it stays so, restart the device; the log of cloudflared tells more.',
    de: 'Warten Sie zwei Minuten. Bleibt es so, starten Sie das Gerät neu; das Protokoll von cloudflared sagt mehr.',
  },
};

const notConnected: CheckResult = {
  state: 'bad',
  meaning: {
    en: 'The tunnel has no connection to Cloudflare. It goes on trying by itself.',
    de: 'Der Tunnel hat keine Verbindung zu Cloudflare. Er versucht es von selbst weiter.',
  },
  todo: {
    en: 'See that the device reaches the Internet and that no firewall of your network holds port 7844 back. If it stays so, enter the token of the tunnel once more.',
    de: 'Sorgen Sie dafür, dass das Gerät ins Internet kommt und keine Firewall Ihres Netzes den Port 7844 sperrt. Bleibt es so, geben Sie das Token des Tunnels noch einmal ein.',
  },
};

const oneConnection = {
  en: 'Usually there are four. If it stays so, look whether your Internet connection works well.',
  de: 'Üblich sind vier. Bleibt es so, sehen Sie nach, ob Ihre Internetverbindung gut arbeitet.',
} as const;
