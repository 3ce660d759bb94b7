import { setTimeout as wait } from 'node:timers/promises';
import { collect, type Setups } from '../../../../stages/90-first-boot/agent/setup/collected.ts';
import type { StageSetup } from '../../../../stages/90-first-boot/agent/setup/define.ts';

/** Of the administrator "ada", whom the card brought. */
export const rightPassword = 'correct horse battery';

export interface FakeSetupOptions {
  /** Somebody has a password already. */
  readonly hasPassword?: boolean;
  /** How long the check of a password or a field takes. */
  readonly checkMs?: number;
}

/** Topics of every kind, steps, a check, links and a sign-in: none of a real stage. */
export function fakeSetups({ hasPassword = false, checkMs = 0 }: FakeSetupOptions = {}): Setups {
  const setup: StageSetup = {
    topics: [
      {
        id: 'locale',
        order: 0,
        title: { en: 'Which language?', de: 'Welche Sprache?' },
        short: 'Language',
        isOptional: false,
        fields: [
          {
            kind: 'choice',
            name: 'language',
            label: 'Language',
            choices: [
              { value: 'en', label: 'English' },
              { value: 'de', label: 'Deutsch' },
            ],
            prefill: async () => 'en',
          },
        ],
      },
      {
        id: 'owner',
        order: 1,
        title: 'Who?',
        short: 'Owner',
        isOptional: false,
        fields: [
          { kind: 'text', name: 'name', label: 'Name', maxLength: 32, prefill: async () => 'owner' },
          {
            kind: 'secret',
            name: 'password',
            label: 'Password',
            maxLength: 128,
            isNew: true,
            isOptional: true,
          },
          {
            kind: 'text',
            name: 'recovery',
            label: 'Recovery key',
            maxLength: 4_000,
            lines: 4,
            isSecret: true,
            isOptional: true,
          },
          { kind: 'text', name: 'hash', label: 'Hash', maxLength: 200, source: 'file', isSecret: true },
        ],
        validate: ({ name, password, hash }) => {
          if (name === 'crash') throw new RangeError(`broken rule: ${password}`);
          return password || hash ? [] : [{ field: 'password', message: 'A password is missing.' }];
        },
      },
      {
        id: 'wifi',
        order: 2,
        title: 'Wi-Fi?',
        short: 'Wi-Fi',
        isOptional: true,
        fields: [
          {
            kind: 'choice',
            name: 'country',
            label: 'Country',
            choices: async () => {
              await wait(checkMs);
              return [{ value: 'DE', label: 'Germany' }];
            },
          },
          {
            kind: 'text',
            name: 'network',
            label: 'Network',
            maxLength: 32,
            suggestions: async () => ['Next door'],
          },
          {
            kind: 'secret',
            name: 'password',
            label: 'Password',
            maxLength: 64,
            isNew: false,
            isOptional: true,
            validate: (value) => (value.length < 8 ? 'Too short.' : undefined),
          },
        ],
      },
      {
        id: 'radio',
        order: 3,
        title: 'Radio?',
        short: 'Radio',
        isOptional: false,
        isAvailable: async () => false,
        fields: [{ kind: 'text', name: 'station', label: 'Station', maxLength: 32 }],
      },
      {
        id: 'keyboard',
        order: 4,
        title: 'Keyboard?',
        short: 'Keyboard',
        isOptional: true,
        fields: [{ kind: 'text', name: 'layout', label: 'Layout', maxLength: 32, source: 'file' }],
      },
    ],
    steps: [
      {
        id: 'system.owner',
        order: 1,
        title: 'Making the owner',
        uses: ['owner'],
        seconds: 3,
        run: async () => {},
      },
      {
        id: 'system.wifi',
        order: 2,
        title: 'Joining',
        uses: ['wifi'],
        seconds: 3,
        isOptional: true,
        run: async () => {},
      },
    ],
    checks: [
      { id: 'system.one', title: 'One', run: async () => ({ state: 'good', meaning: 'Fine.' }) },
      {
        id: 'system.two',
        title: 'Two',
        run: async () => {
          throw new Error('broken look');
        },
      },
    ],
    links: [
      {
        title: 'Files',
        address: (answers, hostname) =>
          answers['owner']?.state === 'answered'
            ? `smb://${answers['owner'].values['name']}:${answers['owner'].values['password'] ?? ''}@${hostname}.local`
            : undefined,
        secret: { label: 'Its key', read: () => 'for administrators only' },
      },
    ],
    signIn: {
      isPossible: async () => hasPassword,
      verify: async (_device, { name, password }) => {
        if (checkMs > 0) await wait(checkMs);
        return hasPassword && password === rightPassword && (name === undefined || name === 'ada');
      },
    },
  };
  return collect([{ stage: '20-test', ...setup }]);
}
