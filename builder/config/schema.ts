import { z } from 'zod';
import { artifactNameProblem } from './rules/artifact.ts';
import { dateProblem } from './rules/date.ts';
import { keyboardLayoutProblem, keyboardVariantProblem } from './rules/keyboard.ts';
import { artifactMirrorProblem, mirrorProblem } from './rules/mirror.ts';
import { hostnameProblem, imageNameProblem, stageNameProblem } from './rules/name.ts';
import { obeys, type Problem } from './rules/problem.ts';
import { countryProblem, localeProblem } from './rules/region.ts';
import { sshKeyProblem } from './rules/ssh-key.ts';
import { timezoneProblem } from './rules/timezone.ts';

/** What a section of config.yaml may hold that belongs to one stage. */
export interface ConfigSlice {
  /** The top-level key in config.yaml. */
  readonly key: string;
  readonly schema: z.ZodObject;
  /** The stage's folder name. */
  readonly stage: string;
}

/** A value that nobody may change, down to the last field. */
export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type SharedConfig = DeepReadonly<z.output<typeof sharedSchema>>;

/** The shared keys, and one object under the key of each slice. All defaults are filled in. */
export type Config = SharedConfig & { readonly [sliceKey: string]: unknown };

export const editions = ['slim', 'full'] as const;
export type Edition = (typeof editions)[number];

export const deliveries = ['baked', 'first-boot'] as const;
export type Delivery = (typeof deliveries)[number];

/** The keys that are no stage's own. Descriptions, defaults and examples become docs/config.md and the JSON schema. */
export const sharedSchema = z.strictObject({
  edition: z
    .enum(editions)
    .default('slim')
    .meta({
      description:
        '`slim` bakes only Debian packages; the device fetches and verifies the rest at first boot. `full` bakes all that may be baked.',
      examples: ['slim'],
    }),
  image: z
    .strictObject({
      name: text(imageNameProblem)
        .default('hearth')
        .meta({
          description:
            'Name of the image file, without its ending. The ids of disk and file systems are made from it.',
          examples: ['hearth'],
          pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
        }),
      date: text(dateProblem)
        .default('2026-11-23')
        .meta({
          description:
            'Day of the image. No file in it is newer, and a device without a clock starts from here.',
          examples: ['2026-11-23'],
          pattern: '^(19[89]|20[0-9]|210)[0-9]-[0-9]{2}-[0-9]{2}$',
        }),
    })
    .prefault({})
    .meta({ description: 'The image file.' }),
  hostname: text(hostnameProblem)
    .default('hearth')
    .meta({
      description: 'Name of the device in the network. The setup page is at `http://NAME.local`.',
      examples: ['home-server'],
      pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
    }),
  locale: text(localeProblem)
    .default('en_GB.UTF-8')
    .meta({
      description: 'Language and formats of the system.',
      examples: ['de_DE.UTF-8'],
      pattern: '^(C|[a-z]{2,3}_[A-Z]{2})\\.UTF-8(@[a-z]+)?$',
    }),
  timezone: text(timezoneProblem)
    .default('Europe/London')
    .meta({
      description: 'Time zone by its name in the IANA table, or `UTC`.',
      examples: ['Europe/Berlin'],
      pattern: '^[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*)*$',
    }),
  keyboard: z
    .strictObject({
      layout: text(keyboardLayoutProblem)
        .default('gb')
        .meta({
          description: 'Keyboard layout (xkb).',
          examples: ['us'],
          pattern: '^[a-z]+(,[a-z]+)*$',
        }),
      variant: text(keyboardVariantProblem)
        .default('')
        .meta({
          description: 'Variant of the layout (xkb); empty for the usual one.',
          examples: ['nodeadkeys'],
          pattern: '^[A-Za-z0-9_,-]*$',
        }),
    })
    .prefault({})
    .meta({ description: 'The keyboard at the device.' }),
  wifi: z
    .strictObject({
      country: text(countryProblem)
        .default('GB')
        .meta({
          description: 'Country whose radio rules Wi-Fi keeps to: two capital letters (ISO 3166).',
          examples: ['DE'],
          pattern: '^[A-Z]{2}$',
        }),
    })
    .prefault({})
    .meta({ description: 'Wi-Fi.' }),
  ssh: z
    .strictObject({
      authorizedKeys: z
        .array(text(sshKeyProblem))
        .default([])
        .meta({
          description: 'Public keys that may log in over SSH. SSH stays off while this is empty.',
          examples: [['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… me@laptop']],
        }),
    })
    .prefault({})
    .meta({ description: 'Remote login.' }),
  debian: z
    .strictObject({
      suite: z
        .enum(['trixie'])
        .default('trixie')
        .meta({ description: 'Debian release: `trixie` is Debian 13.', examples: ['trixie'] }),
      mirror: text(mirrorProblem)
        .optional()
        .meta({
          description:
            'Address of the Debian archive that packages come from. Left out: the one this machine uses itself.',
          examples: ['http://archive.example/debian'],
          pattern: '^https?://',
        }),
      securityMirror: text(mirrorProblem)
        .optional()
        .meta({
          description:
            "Address of the archive with Debian's security updates. Left out: the one this machine uses itself.",
          examples: ['http://archive.example/debian-security'],
          pattern: '^https?://',
        }),
      snapshotMirror: text(mirrorProblem)
        .optional()
        .meta({
          description:
            'Where `build --locked` finds packages that the archive has no more; `@ARCHIVE@` stands for debian or debian-security, `@SNAPSHOTID@` for the time. Left out: the one that apt knows.',
          examples: ['http://snapshots.example/archive/@ARCHIVE@/@SNAPSHOTID@'],
          pattern: '^https?://',
        }),
    })
    .prefault({})
    .meta({ description: 'Where the packages come from.' }),
  artifacts: z
    .strictObject({
      isPrivate: z
        .boolean()
        .default(false)
        .meta({
          description:
            'The image stays with you: then it may also hold what its maker allows nobody to pass on (Plex).',
          examples: [true],
        }),
      delivery: z
        .record(text(artifactNameProblem), z.enum(deliveries))
        .default({})
        .meta({
          description:
            'Artifacts of `artifacts.lock.yaml` that come another way than the edition says: `baked` into the image, or fetched by the device at `first-boot`.',
          examples: [{ k3s: 'first-boot' }],
        }),
      mirrors: z
        .array(text(artifactMirrorProblem))
        .default([])
        .meta({
          description:
            'Addresses that are tried before an artifact’s own: `MIRROR/sha256/HEX`, as in an artifact store. The device tries those that begin with http.',
          examples: [['http://archive.example/artifacts', 'file:///media/stick/artifacts']],
        }),
    })
    .prefault({})
    .meta({ description: 'What comes from others than Debian: k3s, cloudflared, Plex.' }),
  stages: z
    .array(text(stageNameProblem))
    .min(1)
    .optional()
    .meta({
      description:
        'Folders in `stages/` that go into the image. Left out: all. They run in the order of their names.',
      examples: [['00-bootstrap', '10-boot', '20-system']],
    }),
});

/** The schema of a whole config.yaml: the shared keys and the slices. */
export function composeSchema(slices: readonly ConfigSlice[]): z.ZodObject {
  const sections = slices.map((slice) => [slice.key, slice.schema.strict().prefault({})] as const);
  return sharedSchema.extend(Object.fromEntries(sections));
}

function text(rule: (value: string) => Problem | undefined): z.ZodString {
  return z.string().superRefine(obeys(rule));
}
