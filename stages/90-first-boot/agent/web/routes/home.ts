import { DoorRefusal } from '../../door/client.ts';
import { textsOf } from '../language.ts';
import { renderAwayPage } from '../pages/away.ts';
import { renderCodePage } from '../pages/code.ts';
import { renderStatusPage } from '../pages/status.ts';
import { pageReply, type Reply, redirect } from '../reply.ts';
import { endedSessionCookie, languageCookie } from '../session-cookie.ts';
import type { Visit } from '../visit.ts';
import type { Route } from './route.ts';
import { runSoFar } from './run-so-far.ts';
import { nextOpenTopic } from './topic-order.ts';

export const homeRoutes: readonly Route[] = [
  { method: 'GET', path: '/', isOpen: true, answer: home },
  { method: 'POST', path: '/language', isOpen: true, answer: changeLanguage },
];

/** The page for the phase that the device is in: everybody begins here. */
async function home(visit: Visit): Promise<Reply> {
  const { greeting, frame, token } = visit;
  if (greeting.phase === 'resetting') return pageReply(renderAwayPage(frame, 'reset'));
  if (token !== undefined && greeting.phase !== 'unclaimed') {
    try {
      return await homeOfSession(visit, token);
    } catch (error) {
      if (!(error instanceof DoorRefusal) || error.reason !== 'session') throw error;
    }
  }
  const ended = token === undefined ? [] : [endedSessionCookie];
  if (greeting.phase === 'complete') return redirect('/login', ended);
  return { ...pageReply(renderCodePage(frame, greeting)), cookies: ended };
}

async function homeOfSession(visit: Visit, token: string): Promise<Reply> {
  const { doors, greeting, frame } = visit;
  if (greeting.phase === 'complete') {
    const [status, run] = await Promise.all([doors.door.call('status', { token }), runSoFar(visit)]);
    return pageReply(renderStatusPage(frame, status, run.state === 'failed'));
  }
  const { topics } = await doors.door.call('topics', { token });
  if (greeting.phase === 'applying') return redirect('/setup/progress');
  const next = nextOpenTopic(topics);
  return redirect(next === undefined ? '/setup' : `/setup/${next.id}`);
}

async function changeLanguage({ form }: Visit): Promise<Reply> {
  const texts = textsOf(form.get('lang'));
  const back = form.get('back') ?? '/';
  // Only a path of this device: `//` and `\` would lead to another one.
  const isPath = /^\/(?:[a-z0-9][a-z0-9./-]{0,200})?$/.test(back);
  return redirect(isPath ? back : '/', texts === undefined ? [] : [languageCookie(texts.language)]);
}
