import type { Phase } from '../../door/protocol.ts';
import { renderAwayPage } from '../pages/away.ts';
import { renderDoctorPage } from '../pages/doctor.ts';
import { renderResetPage } from '../pages/reset.ts';
import { renderTopicPage } from '../pages/topic.ts';
import { problemReply } from '../problem-reply.ts';
import { pageReply, type Reply, redirect } from '../reply.ts';
import type { Visit } from '../visit.ts';
import { fieldsState } from './field-state.ts';
import { hostnameMistakes } from './reset-name.ts';
import type { Route } from './route.ts';
import { languageCookies, saveTopic, valuesOf } from './save-topic.ts';
import { tokenOf } from './session-token.ts';

const phases: readonly Phase[] = ['complete'];

/** What the administrator does on the status page. */
export const changeRoutes: readonly Route[] = [
  { method: 'GET', path: '/change/*', phases, answer: changeTopic },
  { method: 'POST', path: '/change/*', phases, answer: changeTopic },
  { method: 'GET', path: '/doctor', phases, answer: showDoctor },
  { method: 'POST', path: '/support-bundle', phases: ['asking', 'applying', 'complete'], answer: sendBundle },
  { method: 'POST', path: '/noted/*', phases, answer: noteSecret },
  { method: 'POST', path: '/restart', phases, answer: restart },
  { method: 'GET', path: '/reset', phases, answer: showReset },
  { method: 'POST', path: '/reset', phases, answer: reset },
];

async function changeTopic(visit: Visit, id: string): Promise<Reply> {
  const { doors, frame, form, method } = visit;
  const { topics } = await doors.door.call('topics', { token: tokenOf(visit) });
  const topic = topics.find((one) => one.id === id);
  if (topic === undefined) return problemReply('notFound', frame);
  const place = { action: `/change/${id}`, back: '/' };
  if (method === 'GET') return pageReply(renderTopicPage(frame, topic, place, fieldsState(visit, topic)));
  const typed = valuesOf(form, topic);
  const mistakes = await saveTopic(visit, topic, typed, topics);
  if (mistakes.length === 0) return redirect('/progress', languageCookies(topic, typed));
  return pageReply(renderTopicPage(frame, topic, place, fieldsState(visit, topic, { typed, mistakes })), 422);
}

async function showDoctor(visit: Visit): Promise<Reply> {
  const { results } = await visit.doors.door.call('doctor', { token: tokenOf(visit) });
  return pageReply(renderDoctorPage(visit.frame, results));
}

async function sendBundle(visit: Visit): Promise<Reply> {
  const body = await visit.doors.door.bundle(tokenOf(visit), visit.signal);
  return {
    status: 200,
    type: 'application/gzip',
    body,
    headers: { 'Content-Disposition': 'attachment; filename="hearth-support.tar.gz"' },
  };
}

async function noteSecret(visit: Visit, secret: string): Promise<Reply> {
  await visit.doors.door.call('noted', { token: tokenOf(visit), secret });
  return redirect('/');
}

async function restart(visit: Visit): Promise<Reply> {
  await visit.doors.door.call('reboot', { token: tokenOf(visit) });
  return pageReply(renderAwayPage(visit.frame, 'restart'));
}

async function showReset(visit: Visit): Promise<Reply> {
  // Only a session may learn the name.
  const { hostname } = await visit.doors.door.call('status', { token: tokenOf(visit) });
  return pageReply(renderResetPage(visit.frame, hostname));
}

async function reset(visit: Visit): Promise<Reply> {
  const { doors, frame, form } = visit;
  const token = tokenOf(visit);
  const name = (form.get('name') ?? '').trim();
  const problems = name === '' ? [] : (await doors.door.call('reset', { token, name })).problems;
  if (name !== '' && problems.length === 0) return pageReply(renderAwayPage(frame, 'reset'));
  const { hostname } = await doors.door.call('status', { token });
  return pageReply(renderResetPage(frame, hostname, hostnameMistakes(frame, name, problems)), 422);
}
