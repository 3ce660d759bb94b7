import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import type { FieldProblem, Topic, Values } from '../../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import { liveProblems, type SmtpTrust } from './live-check.ts';
import { mailServer } from './mail-plan.ts';
import { mayNameServer, otherProvider, providerChoices } from './providers.ts';
import { fields, messages } from './topic-texts.ts';

const isRelay = (values: Values) => values['how'] === 'relay';
const relay = { onlyIf: isRelay };

/** Where Mastodon's mail goes. `trust` is for tests: whom the live check believes besides the device's own list. */
export function makeMailTopic(trust: SmtpTrust = {}): Topic {
  return {
    id: 'mail',
    order: 132,
    title: { en: 'How shall Mastodon send mail?', de: 'Wie soll Mastodon Post verschicken?' },
    short: { en: 'Mail', de: 'Post (E-Mail)' },
    text: {
      en: 'Mastodon confirms accounts by mail, and tells people what is new. Almost all receivers refuse mail that comes straight from a home: a mail provider has to bring it on.',
      de: 'Mastodon bestätigt Konten per Mail und teilt mit, was neu ist. Fast alle Empfänger lehnen Post ab, die geradewegs aus einem Zuhause kommt: Ein Mailanbieter muss sie weitergeben.',
    },
    isOptional: true,
    onlyWith: 'mastodon',
    fields: [
      { kind: 'choice', name: 'how', ...fields.how, prefill: async () => 'relay' },
      { kind: 'choice', name: 'provider', ...fields.provider, ...relay, choices: providerChoices() },
      {
        kind: 'text',
        name: 'server',
        ...fields.server,
        onlyIf: (values) => isRelay(values) && mayNameServer(values['provider'] ?? ''),
        isOptional: true,
        maxLength: 253,
        inputMode: 'url',
        autocomplete: 'off',
        validate: (value) => (isServer(value) ? undefined : messages.server),
      },
      {
        kind: 'text',
        name: 'port',
        ...fields.port,
        onlyIf: (values) => isRelay(values) && values['provider'] === otherProvider,
        isOptional: true,
        maxLength: 5,
        inputMode: 'numeric',
        autocomplete: 'off',
        validate: (value) => (isPort(value) ? undefined : messages.port),
      },
      {
        kind: 'text',
        name: 'user',
        ...fields.user,
        ...relay,
        isOptional: true,
        maxLength: 254,
        autocomplete: 'off',
        validate: userProblem,
      },
      {
        kind: 'secret',
        name: 'password',
        ...fields.password,
        ...relay,
        isOptional: true,
        maxLength: 500,
        isNew: false,
        belongsTo: 'user',
        autocomplete: 'off',
        validate: (value) => (value.trim() === value ? undefined : messages.password),
      },
      {
        kind: 'text',
        name: 'from',
        ...fields.from,
        ...relay,
        maxLength: 254,
        inputMode: 'email',
        autocomplete: 'off',
        validate: (value) => (isMailAddress(value) ? undefined : messages.from),
      },
    ],
    validate: relayProblems,
    liveCheck: async (values, signal) => await liveProblems(values, signal, trust),
    isAvailable: hasMastodon,
  };
}

/** An address as Postfix compares it: no comment, no quotes, no umlauts. */
export function isMailAddress(text: string): boolean {
  const [, local = '', domain = ''] = /^([^@]*)@([^@]*)$/.exec(text) ?? [];
  return (
    /^[A-Za-z0-9._%+=-]{1,64}$/.test(local) && !/^\.|\.\.|\.$/.test(local) && isServer(domain.toLowerCase())
  );
}

function userProblem(value: string): LocalText | undefined {
  return /^\s|\s$|:/.test(value) ? messages.user : undefined;
}

function isServer(text: string): boolean {
  const labels = text.split('.');
  return labels.length > 1 && labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) < 65_536;
}

function relayProblems(values: Values): readonly FieldProblem[] {
  if (!isRelay(values)) return [];
  const { provider, user = '', password = '' } = values;
  const problems: FieldProblem[] = [];
  if (mailServer(values) === undefined) problems.push({ field: 'server', message: messages.noServer });
  // The server of an Internet provider at home may know its customers by their line.
  const needsLogin = provider !== otherProvider || user !== '' || password !== '';
  if (needsLogin && user === '') problems.push({ field: 'user', message: messages.noUser });
  if (needsLogin && password === '') problems.push({ field: 'password', message: messages.noPassword });
  return problems;
}

/** Only Mastodon sends mail. */
async function hasMastodon({ read }: DeviceLook): Promise<boolean> {
  const list = JSON.parse(read('/usr/lib/hearth/artifacts.json') ?? '{}') as {
    readonly artifacts?: readonly { readonly name: string }[];
  };
  return list.artifacts?.some(({ name }) => name === 'mastodon') === true;
}
