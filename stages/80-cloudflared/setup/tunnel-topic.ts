import type { FieldProblem, Topic, Values } from '../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';
import { configProblem, tunnelIn } from './config-text.ts';
import { liveProblems } from './live-check.ts';
import { fields, messages } from './topic-texts.ts';
import type { TunnelSettings } from './tunnel-files.ts';
import { apiTokenProblem, findTunnelToken } from './tunnel-token.ts';

const how = (...ways: readonly string[]) => ({
  onlyIf: (values: Values) => ways.includes(values['how'] ?? ''),
});
const isTunnelToken = (value: string) => findTunnelToken(value).problem;

/** The way of the device into the Internet. `settings` is asked when an answer is checked. */
export function makeTunnelTopic(settings: () => TunnelSettings): Topic {
  return {
    id: 'tunnel',
    order: 120,
    title: {
      en: 'Shall the device be reached from the Internet?',
      de: 'Soll das Gerät aus dem Internet erreichbar sein?',
    },
    short: { en: 'Way into the Internet', de: 'Weg ins Internet' },
    text: {
      en: 'A Cloudflare Tunnel leads visitors to the device, without any change at your router. You need a domain in a Cloudflare account; the free plan is enough. This page stays reachable at home only.',
      de: 'Ein Cloudflare-Tunnel führt Besucher zum Gerät, ohne eine Änderung am Router. Sie brauchen eine Domain in einem Cloudflare-Konto; der kostenlose Tarif genügt. Diese Seite bleibt nur zu Hause erreichbar.',
    },
    isOptional: true,
    fields: [
      { kind: 'choice', name: 'how', ...fields.how, prefill: async () => 'token' },
      {
        kind: 'text',
        name: 'token',
        ...fields.token,
        ...how('token'),
        maxLength: 4_000,
        lines: 4,
        isSecret: true,
        autocomplete: 'off',
        validate: isTunnelToken,
      },
      {
        kind: 'secret',
        name: 'apiToken',
        ...fields.apiToken,
        ...how('api'),
        maxLength: 200,
        isNew: false,
        autocomplete: 'off',
        validate: apiTokenProblem,
      },
      {
        kind: 'text',
        name: 'hostname',
        ...fields.hostname,
        ...how('token', 'api'),
        maxLength: 253,
        inputMode: 'url',
        autocomplete: 'off',
        validate: hostnameProblem,
      },
      {
        kind: 'text',
        name: 'service',
        ...fields.service,
        ...how('token', 'api'),
        isOptional: true,
        maxLength: 200,
        inputMode: 'url',
        autocomplete: 'off',
        validate: serviceProblem,
      },
      {
        kind: 'text',
        name: 'existingTunnel',
        ...fields.existingTunnel,
        ...how('api'),
        isOptional: true,
        maxLength: 4_000,
        lines: 3,
        isSecret: true,
        autocomplete: 'off',
        validate: isTunnelToken,
      },
      {
        kind: 'text',
        name: 'config',
        ...fields.config,
        ...how('file'),
        maxLength: 8_000,
        lines: 12,
        autocomplete: 'off',
        validate: configProblem,
      },
      {
        kind: 'text',
        name: 'credentials',
        ...fields.credentials,
        ...how('file'),
        maxLength: 4_000,
        lines: 4,
        isSecret: true,
        autocomplete: 'off',
        validate: isTunnelToken,
      },
    ],
    validate: tunnelProblems,
    // Nothing but the token is kept of a pasted line: what is kept is what is blackened in logs.
    exchange: async (values) => ({ values: withTokensOnly(values) }),
    liveCheck: async (values, signal) => await liveProblems(settings().api, values, signal),
  };
}

/** What is wrong with a name in the Internet, or undefined. */
export function hostnameProblem(name: string): LocalText | undefined {
  if (/[:/@\s]/.test(name)) return messages.notOnlyName;
  if (/[^\p{ASCII}]/u.test(name)) return messages.umlauts;
  if (name !== name.toLowerCase()) return messages.upperCase;
  const labels = name.split('.');
  if (labels.length < 2) return messages.noDomain;
  if (!labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?$/.test(label)))
    return messages.badName;
  const last = labels.at(-1) ?? '';
  if (['local', 'lan', 'home', 'internal', 'localhost', 'test', 'invalid'].includes(last))
    return messages.onlyAtHome;
  return /^[0-9]+$/.test(last) ? messages.address : undefined;
}

/** What is wrong with the address of the service behind the tunnel, or undefined. */
export function serviceProblem(service: string): LocalText | undefined {
  if (!/^https?:\/\/(?:\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?\/?$/.test(service))
    return messages.service;
  return URL.canParse(service) ? undefined : messages.service;
}

function withTokensOnly(values: Values): Values {
  const entries = Object.entries(values).map(([name, value]) => {
    if (name === 'apiToken') return [name, value.trim()];
    const isToken = ['token', 'existingTunnel', 'credentials'].includes(name);
    return [name, (isToken ? findTunnelToken(value).token?.text : undefined) ?? value];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

function tunnelProblems(values: Values): readonly FieldProblem[] {
  const { how: way, config = '', credentials = '' } = values;
  const named = way === 'file' ? tunnelIn(config) : undefined;
  const { token } = findTunnelToken(credentials);
  return named === undefined || token === undefined || named === token.tunnel
    ? []
    : [{ field: 'credentials', message: messages.otherTunnel }];
}
