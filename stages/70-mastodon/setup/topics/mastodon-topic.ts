import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import type {
  Answers,
  Exchanged,
  FieldProblem,
  Topic,
  Values,
} from '../../../90-first-boot/agent/setup/define.ts';
import { accountNameProblem, mailAddressProblem } from './account-name.ts';
import { isInImage } from './availability.ts';
import { domainProblem } from './domain-name.ts';
import { languageChoices, languageOfDevice } from './languages.ts';
import { messages, texts } from './mastodon-texts.ts';

/** Whether the device has a Mastodon of its own, under which names, and whose it is. */
export const mastodonTopic: Topic = {
  id: 'mastodon',
  order: 130,
  title: texts.title,
  short: texts.short,
  text: texts.text,
  isOptional: true,
  isAvailable: isInImage,
  fields: [
    {
      kind: 'text',
      name: 'domain',
      ...texts.domain,
      maxLength: 253,
      inputMode: 'url',
      autocomplete: 'off',
      validate: domainProblem,
    },
    {
      kind: 'text',
      name: 'webDomain',
      ...texts.webDomain,
      isOptional: true,
      maxLength: 253,
      inputMode: 'url',
      autocomplete: 'off',
      validate: domainProblem,
    },
    {
      kind: 'text',
      name: 'owner',
      ...texts.owner,
      maxLength: 60,
      autocomplete: 'off',
      validate: accountNameProblem,
    },
    {
      kind: 'text',
      name: 'email',
      ...texts.email,
      maxLength: 254,
      inputMode: 'email',
      autocomplete: 'email',
      validate: mailAddressProblem,
    },
    { kind: 'choice', name: 'community', ...texts.community, prefill: async () => 'alone' },
    {
      kind: 'choice',
      name: 'registrations',
      ...texts.registrations,
      onlyIf: ({ community }) => community === 'community',
      prefill: async () => 'closed',
    },
    {
      kind: 'choice',
      name: 'language',
      ...texts.language,
      choices: languageChoices,
      prefill: languageOfDevice,
    },
  ],
  validate: mastodonProblems,
  exchange: sameDomains,
};

function mastodonProblems(values: Values, answers: Answers): readonly FieldProblem[] {
  const { domain = '', webDomain = '' } = values;
  const { cluster, tunnel } = answers;
  if (cluster?.state !== 'answered') return [{ message: messages.noCluster }];
  if (cluster.values['role'] !== 'server') return [{ message: messages.agent }];
  if (webDomain === domain) return [{ field: 'webDomain', message: messages.sameDomain }];
  const field = webDomain === '' ? 'domain' : 'webDomain';
  const pages = webDomain === '' ? domain : webDomain;
  const media = answers['mastodon-media'];
  const files =
    media?.state === 'answered' && media.values['where'] !== 'local' && media.values['publicHost'];
  if (files === domain || files === pages)
    return [{ field: files === pages ? field : 'domain', message: messages.filesHost }];
  // With an API token the device makes one way for one name; of other tunnels it does not know all names.
  const way = tunnel?.state === 'answered' && tunnel.values['how'] === 'api' && tunnel.values['hostname'];
  return way && way !== pages ? [{ field, message: messages.tunnel(pages, way) }] : [];
}

/** All names in the database, and all that other servers know, have the domain in them. */
async function sameDomains(values: Values, { read }: DeviceLook): Promise<Exchanged> {
  const { domain = '', webDomain = '' } = values;
  const known = JSON.parse(read('/var/lib/hearth/mastodon/domains.json') ?? '{}') as Partial<Domains>;
  const { local = domain, pages = webDomain || domain } = known;
  if (local !== domain) return { problems: [{ field: 'domain', message: messages.otherDomain(local) }] };
  if (pages === (webDomain || domain)) return { values };
  const message = pages === local ? messages.noOtherPages : messages.otherPages(pages);
  return { problems: [{ field: 'webDomain', message }] };
}

/** What the database was made for. */
interface Domains {
  readonly local: string;
  readonly pages: string;
}
