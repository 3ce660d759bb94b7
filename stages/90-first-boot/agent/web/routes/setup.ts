import type { Phase, TopicView } from '../../door/protocol.ts';
import { renderCheckPage } from '../pages/check.ts';
import { renderTopicPage, type TopicPlace } from '../pages/topic.ts';
import { problemReply } from '../problem-reply.ts';
import { pageReply, type Reply, redirect } from '../reply.ts';
import type { Visit } from '../visit.ts';
import { fieldsState } from './field-state.ts';
import type { Route } from './route.ts';
import { languageCookies, mistakeOf, saveTopic, valuesOf } from './save-topic.ts';
import { tokenOf } from './session-token.ts';
import { nextOpenTopic, topicBefore } from './topic-order.ts';

/** While answers are being applied they can still be changed: the keeper says when. */
const phases: readonly Phase[] = ['asking', 'applying'];

export const setupRoutes: readonly Route[] = [
  { method: 'GET', path: '/setup', phases, answer: showCheck },
  { method: 'POST', path: '/setup/apply', phases, answer: apply },
  { method: 'GET', path: '/setup/*', phases, answer: showTopic },
  { method: 'POST', path: '/setup/*', phases, answer: keepTopic },
];

async function showCheck(visit: Visit): Promise<Reply> {
  return pageReply(renderCheckPage(visit.frame, await topicsOf(visit)));
}

async function apply(visit: Visit): Promise<Reply> {
  const { problems } = await visit.doors.door.call('apply', { token: tokenOf(visit) });
  if (problems.length === 0) return redirect('/setup/progress');
  const topics = await topicsOf(visit);
  const { say } = visit.frame;
  // Here the keeper names the topic, not a field.
  const mistakes = problems.map(({ field, message }) => {
    const topic = topics.find(({ id }) => id === field);
    return { message: topic === undefined ? say(message) : `${say(topic.short)}: ${say(message)}` };
  });
  return pageReply(renderCheckPage(visit.frame, topics, mistakes), 422);
}

async function showTopic(visit: Visit, id: string): Promise<Reply> {
  const topics = await topicsOf(visit);
  const topic = topics.find((one) => one.id === id);
  if (topic === undefined) return problemReply('notFound', visit.frame);
  return pageReply(renderTopicPage(visit.frame, topic, placeOf(topics, id), fieldsState(visit, topic)));
}

async function keepTopic(visit: Visit, id: string): Promise<Reply> {
  const { form, frame, doors } = visit;
  const topics = await topicsOf(visit);
  const topic = topics.find((one) => one.id === id);
  if (topic === undefined) return problemReply('notFound', frame);
  // An answer may bring other questions with it.
  const next = async () => redirect(pathAfter(await topicsOf(visit), id));
  if (form.has('_skip')) {
    const { problems } = await doors.door.call('skip', { token: tokenOf(visit), topic: id });
    if (problems.length === 0) return await next();
    const mistakes = problems.map((problem) => mistakeOf(problem, topic, frame));
    return pageReply(
      renderTopicPage(frame, topic, placeOf(topics, id), fieldsState(visit, topic, { mistakes })),
      422,
    );
  }
  const typed = valuesOf(form, topic);
  const mistakes = await saveTopic(visit, topic, typed, topics);
  if (mistakes.length === 0) return { ...(await next()), cookies: languageCookies(topic, typed) };
  const state = fieldsState(visit, topic, { typed, mistakes });
  return pageReply(renderTopicPage(frame, topic, placeOf(topics, id), state), 422);
}

async function topicsOf(visit: Visit): Promise<readonly TopicView[]> {
  return (await visit.doors.door.call('topics', { token: tokenOf(visit) })).topics;
}

function placeOf(topics: readonly TopicView[], id: string): TopicPlace {
  const before = topicBefore(topics, id);
  const isDone = topics.every(({ state }) => state !== 'open');
  return {
    step: { number: topics.findIndex((topic) => topic.id === id) + 1, count: topics.length },
    action: `/setup/${id}`,
    back: isDone ? '/setup' : before === undefined ? undefined : `/setup/${before.id}`,
  };
}

function pathAfter(topics: readonly TopicView[], id: string): string {
  const open = nextOpenTopic(
    topics.filter((topic) => topic.id !== id || topic.state !== 'open'),
    topics.some((topic) => topic.id === id && topic.state !== 'open') ? id : topicBefore(topics, id)?.id,
  );
  return open === undefined ? '/setup' : `/setup/${open.id}`;
}
