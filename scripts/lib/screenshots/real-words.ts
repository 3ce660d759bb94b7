import { readdir } from 'node:fs/promises';
import { backupSetup } from '../../../stages/90-first-boot/agent/backup/backup-setup.ts';
import type { DeviceLook } from '../../../stages/90-first-boot/agent/device/door.ts';
import type { FieldView, TopicView } from '../../../stages/90-first-boot/agent/door/protocol.ts';
import type {
  Choice,
  CollectedSetup,
  Field,
  Topic,
} from '../../../stages/90-first-boot/agent/setup/define.ts';

const stages = `${import.meta.dirname}/../../../stages`;
/** What the questions look at. */
const files: Readonly<Record<string, string>> = {
  // More than fit on the page as buttons.
  '/usr/share/zoneinfo/iso3166.tab':
    'AT Austria,BE Belgium,CH Switzerland,DE Germany,ES Spain,FR France,GB Britain (UK),IE Ireland,IT Italy,NL Netherlands,PL Poland,US United States'.replaceAll(
      /(\w\w) ([^,]+),?/g,
      '$1\t$2\n',
    ),
  '/etc/modprobe.d/wifi-country.conf': 'options cfg80211 ieee80211_regdom=DE\n',
};
const sampleDevice: DeviceLook = {
  path: (path) => path,
  read: (path) => files[path],
  run: async () => ({ exitCode: 1, stdout: '', stderr: '' }),
};

/** The questions of all stages and of the agent, in the order in which they are asked. */
export async function stageTopics(): Promise<readonly Topic[]> {
  const paths = (await readdir(stages, { recursive: true })).filter((path) =>
    /^[^/]+\/setup\.ts$/.test(path),
  );
  const setups = await Promise.all(
    paths.map(async (file) => (await import(`${stages}/${file}`)) as { readonly setup: CollectedSetup }),
  );
  const all = [...setups.map(({ setup }) => setup), backupSetup];
  return all.flatMap(({ topics = [] }) => topics).sort((a, b) => a.order - b.order);
}

/** The samples of the tests with the questions that the image really asks, and in its words. */
export async function inRealWords(
  samples: readonly TopicView[],
  topics: readonly Topic[],
): Promise<readonly TopicView[]> {
  return await Promise.all(
    topics
      .filter((topic) => topic.fields.some(isOnPage))
      .map((topic) =>
        topicView(
          topic,
          samples.find(({ id }) => id === topic.id),
        ),
      ),
  );
}

async function topicView(topic: Topic, sample: TopicView | undefined): Promise<TopicView> {
  const { id, title, short, text, isOptional } = topic;
  const view = (field: Field) =>
    fieldView(
      field,
      sample?.fields.find(({ name }) => name === field.name),
    );
  return {
    ...{ state: 'open', ...sample },
    ...{ id, title, short, isOptional },
    ...(text === undefined ? {} : { text }),
    fields: await Promise.all(topic.fields.filter(isOnPage).map(view)),
  };
}

async function fieldView(field: Field, sample: FieldView | undefined): Promise<FieldView> {
  const { name, kind, label, help, isOptional = false } = field;
  const shape = kind === 'text' && field.lines !== undefined ? { lines: field.lines } : {};
  return {
    ...shape,
    ...(kind === 'secret' ? { isSet: false } : {}),
    ...(sample ?? (await prefilled(field))),
    ...(await choicesOf(field, sample)),
    ...{ name, kind, label, isOptional },
    ...(help === undefined ? {} : { help }),
  };
}

async function prefilled(field: Field): Promise<{ readonly value?: string }> {
  const value = field.kind === 'secret' ? undefined : await field.prefill?.(sampleDevice);
  return value === undefined ? {} : { value };
}

/** What depends on the device comes from the sample, if there is one. */
async function choicesOf(
  field: Field,
  sample: FieldView | undefined,
): Promise<{ readonly choices?: readonly Choice[] }> {
  if (field.kind !== 'choice') return {};
  if (typeof field.choices !== 'function') return { choices: field.choices };
  return { choices: sample?.choices ?? (await field.choices(sampleDevice)) };
}

function isOnPage(field: Field): boolean {
  return field.source !== 'file';
}
