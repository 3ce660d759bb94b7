import type { Answers, FieldProblem, Topic, Values } from '../../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import { isInImage } from './availability.ts';
import { domainProblem } from './domain-name.ts';
import { bucketOf, isAtHome, type MediaSettings } from './media-answers.ts';
import { texts } from './media-fields.ts';
import { tryMedia } from './media-live.ts';
import { shapes } from './media-messages.ts';

const at = (...places: readonly string[]) => ({
  onlyIf: (values: Values) => places.includes(values['where'] ?? ''),
  autocomplete: 'off',
});

/** Where Mastodon keeps pictures and videos. `settings` is asked when the answers are tried out. */
export function makeMediaTopic(settings: () => MediaSettings): Topic {
  return {
    id: 'mastodon-media',
    order: 131,
    title: texts.title,
    short: texts.short,
    text: texts.text,
    isOptional: true,
    onlyWith: 'mastodon',
    isAvailable: isInImage,
    fields: [
      { kind: 'choice', name: 'where', ...texts.where, prefill: async () => 'local' },
      {
        kind: 'text',
        name: 'account',
        ...texts.account,
        ...at('r2'),
        maxLength: 60,
        validate: accountProblem,
      },
      {
        kind: 'text',
        name: 'endpoint',
        ...texts.endpoint,
        ...at('s3'),
        maxLength: 253,
        inputMode: 'url',
        validate: endpointProblem,
      },
      {
        kind: 'text',
        name: 'region',
        ...texts.region,
        ...at('s3'),
        isOptional: true,
        maxLength: 60,
        validate: (value) => (/^[a-z0-9-]+$/.test(value) ? undefined : shapes.region),
      },
      {
        kind: 'text',
        name: 'bucket',
        ...texts.bucket,
        ...at('r2', 's3'),
        maxLength: 63,
        validate: (value) => (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value) ? undefined : shapes.bucket),
      },
      {
        kind: 'text',
        name: 'accessKey',
        ...texts.accessKey,
        ...at('r2', 's3'),
        maxLength: 200,
        validate: (value, { where }) => keyProblem(value, where, shapes.r2Access, 32),
      },
      {
        kind: 'secret',
        name: 'secretKey',
        ...texts.secretKey,
        ...at('r2', 's3'),
        maxLength: 200,
        isNew: false,
        belongsTo: 'accessKey',
        validate: (value, { where }) => keyProblem(value, where, shapes.r2Secret, 64),
      },
      {
        kind: 'text',
        name: 'publicHost',
        ...texts.publicHost,
        ...at('r2', 's3'),
        maxLength: 253,
        inputMode: 'url',
        validate: publicHostProblem,
      },
    ],
    validate: mediaProblems,
    liveCheck: async (values, signal, others = {}) => {
      const media = bucketOf(values);
      const pages = pagesOf(others);
      const origin = pages === undefined ? undefined : `https://${pages}`;
      if (media === undefined || mediaProblems(values, others).length > 0) return [];
      return await tryMedia({ media, isR2: values['where'] === 'r2', origin, settings: settings(), signal });
    },
  };
}

function accountProblem(value: string): LocalText | undefined {
  return /^[0-9a-f]{32}(?:\.(?:eu|fedramp))?$/.test(value) ? undefined : shapes.account;
}

function endpointProblem(value: string): LocalText | undefined {
  const isShaped = /^https?:\/\/(?:\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?\/?$/.test(
    value,
  );
  if (!isShaped || !URL.canParse(value)) return shapes.endpoint;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || isAtHome(hostname) ? undefined : shapes.plainEndpoint;
}

function keyProblem(value: string, where: string | undefined, atR2: LocalText, length: number) {
  if (where !== 'r2') return /^[\x21-\x7e]+$/.test(value) ? undefined : shapes.key;
  return value.length === length && /^[0-9a-f]+$/.test(value) ? undefined : atR2;
}

function publicHostProblem(value: string): LocalText | undefined {
  return /\.r2\.dev$/.test(value) ? shapes.r2Dev : domainProblem(value);
}

function mediaProblems(values: Values, { mastodon }: Answers): readonly FieldProblem[] {
  const { where, publicHost = '' } = values;
  const { domain, webDomain } = mastodon?.state === 'answered' ? mastodon.values : {};
  if (where === 'local' || publicHost === '' || ![domain, webDomain].includes(publicHost)) return [];
  return [{ field: 'publicHost', message: shapes.pagesHost }];
}

function pagesOf({ mastodon }: Answers): string | undefined {
  if (mastodon?.state !== 'answered') return undefined;
  return mastodon.values['webDomain'] || mastodon.values['domain'] || undefined;
}
