import type { TopicView } from '../../door/protocol.ts';

/** The first topic without an answer, after the given one if there is one there. */
export function nextOpenTopic(topics: readonly TopicView[], after?: string): TopicView | undefined {
  const start = topics.findIndex(({ id }) => id === after) + 1;
  return [...topics.slice(start), ...topics.slice(0, start)].find(({ state }) => state === 'open');
}

/** The topic before this one, to go back to. */
export function topicBefore(topics: readonly TopicView[], id: string): TopicView | undefined {
  return topics[topics.findIndex((topic) => topic.id === id) - 1];
}
