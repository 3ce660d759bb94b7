import { isIPv4 } from 'node:net';
import type { Topic, Values } from '../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';
import { dataDisks } from './data-disk.ts';

/** The choice of the disk that the device starts from. */
export const ownDisk = 'system';

/** Whether the device runs apps in containers, and with whom. */
export const clusterTopic: Topic = {
  id: 'cluster',
  order: 115,
  title: {
    en: 'Shall this device run apps in containers?',
    de: 'Soll dieses Gerät Apps in Containern ausführen?',
  },
  short: { en: 'Apps (k3s)', de: 'Apps (k3s)' },
  text: {
    en: 'k3s runs apps such as Mastodon. It needs about 700 MB of memory; a device with 2 GB or more is a good choice.',
    de: 'k3s führt Apps wie Mastodon aus. Es braucht etwa 700 MB Arbeitsspeicher; gut geeignet ist ein Gerät mit 2 GB oder mehr.',
  },
  isOptional: true,
  fields: [
    {
      kind: 'choice',
      name: 'role',
      label: { en: 'How it works', de: 'Arbeitsweise' },
      choices: [
        {
          value: 'server',
          label: { en: 'On its own, or as the first of several', de: 'Allein oder als erstes von mehreren' },
        },
        {
          value: 'agent',
          label: {
            en: 'Join another device that runs apps already',
            de: 'Einem anderen Gerät beitreten, das schon Apps ausführt',
          },
        },
      ],
      prefill: async () => 'server',
    },
    {
      kind: 'choice',
      name: 'others',
      label: { en: 'May other devices join this one?', de: 'Dürfen andere Geräte diesem beitreten?' },
      isOptional: true,
      onlyIf: isServer,
      choices: [
        { value: 'no', label: { en: 'No', de: 'Nein' } },
        {
          value: 'yes',
          label: { en: 'Yes, from the home network', de: 'Ja, aus dem Heimnetz' },
        },
      ],
      prefill: async () => 'no',
    },
    {
      kind: 'text',
      name: 'address',
      label: { en: 'Address of the other device', de: 'Adresse des anderen Geräts' },
      help: {
        en: 'Its name, as hearth.local, or its IP address. The status page of that device tells it.',
        de: 'Der Name, etwa hearth.local, oder die IP-Adresse. Sie steht auf der Statusseite jenes Geräts.',
      },
      maxLength: 253,
      inputMode: 'url',
      autocomplete: 'off',
      onlyIf: isAgent,
      validate: addressProblem,
    },
    {
      kind: 'secret',
      name: 'token',
      label: { en: 'Token of the other device', de: 'Token des anderen Geräts' },
      help: {
        en: 'The long text that begins with K10, on the status page of the other device.',
        de: 'Der lange Text, der mit K10 beginnt, auf der Statusseite des anderen Geräts.',
      },
      maxLength: 300,
      isNew: false,
      belongsTo: 'address',
      autocomplete: 'off',
      onlyIf: isAgent,
      validate: tokenProblem,
    },
    {
      kind: 'choice',
      name: 'disk',
      label: { en: 'Where the apps are kept', de: 'Wo die Apps liegen' },
      help: {
        en: 'Apps write a lot: a fast disk (SSD) spares the card. A disk is offered here when it is mounted below /srv.',
        de: 'Apps schreiben viel: Ein schneller Datenträger (SSD) schont die Karte. Hier steht ein Datenträger, wenn er unter /srv eingebunden ist.',
      },
      isOptional: true,
      choices: async (device) => [
        {
          value: ownDisk,
          label: {
            en: 'Where the device starts from (card or disk)',
            de: 'Wovon das Gerät startet (Karte oder Festplatte)',
          },
        },
        ...(await dataDisks(device)).map(({ place, model, sizeBytes }) => ({
          value: place,
          label: [place, model, `${Math.round(sizeBytes / 1e9)} GB`].filter((word) => word !== '').join(', '),
        })),
      ],
      prefill: async () => ownDisk,
    },
  ],
};

/** What is wrong with the address of a server, or undefined. */
export function addressProblem(address: string): LocalText | undefined {
  if (isIPv4(address)) return undefined;
  const isName = /^(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i.test(
    address,
  );
  return isName ? undefined : messages.address;
}

/** What is wrong with the token of a server, or undefined. Only tokens that also prove who the server is. */
export function tokenProblem(token: string): LocalText | undefined {
  // The part behind the digest is "user:password", or a token of limited life.
  const isWhole = /^K10[0-9a-f]{64}::(?:(?:node|server):[\x21-\x7e]+|[a-z0-9]{6}\.[a-z0-9]{16})$/.test(token);
  return isWhole ? undefined : messages.token;
}

function isServer({ role }: Values): boolean {
  return role !== 'agent';
}

function isAgent({ role }: Values): boolean {
  return role === 'agent';
}

const messages = {
  address: {
    en: 'A name such as hearth.local or an IP address such as 192.168.1.20, without https:// and without a port.',
    de: 'Ein Name wie hearth.local oder eine IP-Adresse wie 192.168.1.20, ohne https:// und ohne Port.',
  },
  token: {
    en: 'That is not the whole token. It begins with K10 and has two colons (::) in the middle.',
    de: 'Das ist nicht das ganze Token. Es beginnt mit K10 und hat in der Mitte zwei Doppelpunkte (::).',
  },
} as const;
