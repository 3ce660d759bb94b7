import { DoorRefusal } from '../door/client.ts';
import { problemReply } from './problem-reply.ts';
import { type Reply, redirect } from './reply.ts';
import { changeRoutes } from './routes/change.ts';
import { codeRoutes } from './routes/code.ts';
import { homeRoutes } from './routes/home.ts';
import { hotspotRoutes } from './routes/hotspot.ts';
import { loginRoutes } from './routes/login.ts';
import { progressRoutes } from './routes/progress.ts';
import type { Route } from './routes/route.ts';
import { setupRoutes } from './routes/setup.ts';
import { endedSessionCookie, isFormToken } from './session-cookie.ts';
import type { Visit } from './visit.ts';

const routes: readonly Route[] = [
  ...homeRoutes,
  ...codeRoutes,
  // Before those of the setup: their addresses must not be taken for topics.
  ...progressRoutes,
  ...setupRoutes,
  ...changeRoutes,
  ...loginRoutes,
];

/** Finds the page and makes it. Never throws. */
export async function answerVisit(visit: Visit): Promise<Reply> {
  try {
    return await findAnswer(visit);
  } catch (error) {
    if (error instanceof DoorRefusal) return refusalReply(visit, error);
    visit.doors.report(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return problemReply('internal', visit.frame);
  }
}

async function findAnswer(visit: Visit): Promise<Reply> {
  const { greeting, path, method, frame } = visit;
  if (greeting.phase === 'complete' && /^\/(?:setup(?:\/|$)|claim$)/.test(path))
    return problemReply('gone', frame);
  const table = greeting.hotspot === undefined ? routes : [...hotspotRoutes, ...routes];
  const here = table.flatMap((route) => {
    const name = nameIn(route.path, path);
    return name === undefined ? [] : [{ route, name }];
  });
  if (here.length === 0) return problemReply('notFound', frame);
  const found = here.find(({ route }) => route.method === method);
  if (found === undefined) {
    const allowed = here.some(({ route }) => route.method === 'GET') ? 'GET, HEAD' : 'POST';
    return problemReply('wrongMethod', frame, { Allow: allowed });
  }
  const { route, name } = found;
  const turnedAway = route.isOpen === true ? undefined : withoutSession(visit);
  if (turnedAway !== undefined) return turnedAway;
  return route.phases?.includes(greeting.phase) === false ? redirect('/') : await route.answer(visit, name);
}

/** What a visitor without a session gets, and a form that is not of the visitor's session. */
function withoutSession({ method, token, form, frame }: Visit): Reply | undefined {
  if (method === 'GET') return token === undefined ? redirect('/') : undefined;
  return token !== undefined && isFormToken(form.get('_token'), token)
    ? undefined
    : problemReply('forbidden', frame);
}

/** The name that stands for `*`, or an empty text when both are the same; undefined if they do not fit. */
function nameIn(pattern: string, path: string): string | undefined {
  if (!pattern.endsWith('*')) return pattern === path ? '' : undefined;
  const start = pattern.slice(0, -1);
  const name = path.startsWith(start) ? path.slice(start.length) : '';
  return /^[a-z][a-z0-9.-]{0,63}$/.test(name) ? name : undefined;
}

function refusalReply({ doors, frame, method }: Visit, error: DoorRefusal): Reply {
  switch (error.reason) {
    case 'session':
      return method === 'GET' ? redirect('/', [endedSessionCookie]) : problemReply('forbidden', frame);
    case 'phase':
      return redirect('/');
    case 'bad':
      return problemReply('badRequest', frame);
    case 'unreachable':
      doors.report(error.message);
      return problemReply('unreachable', frame, { 'Retry-After': '5' });
  }
}
