import { setup as system } from '../../../stages/20-system/setup.ts';
import { setup as samba } from '../../../stages/30-samba/setup.ts';
import type { FieldView, TopicView } from '../../../stages/90-first-boot/agent/door/protocol.ts';
import type { Field, Topic } from '../../../stages/90-first-boot/agent/setup/define.ts';

/** The samples of the tests with the questions that the image really asks, and in its words. */
export function inRealWords(samples: readonly TopicView[]): readonly TopicView[] {
  const topics = [...(system.topics ?? []), ...(samba.topics ?? [])].sort((a, b) => a.order - b.order);
  return topics
    .filter((topic) => topic.fields.some(isOnPage))
    .map((topic) =>
      topicView(
        topic,
        samples.find(({ id }) => id === topic.id),
      ),
    );
}

function topicView(topic: Topic, sample: TopicView | undefined): TopicView {
  const { id, title, short, text, isOptional } = topic;
  return {
    ...{ state: 'open', ...sample },
    ...{ id, title, short, isOptional },
    ...(text === undefined ? {} : { text }),
    fields: topic.fields.filter(isOnPage).map((field) =>
      fieldView(
        field,
        sample?.fields.find(({ name }) => name === field.name),
      ),
    ),
  };
}

function fieldView(field: Field, sample: FieldView | undefined): FieldView {
  const { name, kind, label, help, isOptional = false } = field;
  const choices = kind === 'choice' && typeof field.choices !== 'function' ? { choices: field.choices } : {};
  const secret = kind === 'secret' ? { isSet: false } : {};
  return {
    ...{ ...secret, ...sample, ...choices },
    ...{ name, kind, label, isOptional },
    ...(help === undefined ? {} : { help }),
  };
}

function isOnPage(field: Field): boolean {
  return field.source !== 'file';
}
