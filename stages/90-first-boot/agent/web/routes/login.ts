import type { Phase } from '../../door/protocol.ts';
import type { Mistake } from '../form-parts.ts';
import { renderLoginPage } from '../pages/login.ts';
import { pageReply, type Reply, redirect } from '../reply.ts';
import { endedSessionCookie, sessionCookie } from '../session-cookie.ts';
import type { Visit } from '../visit.ts';
import { refusalMistake, refusalStatus } from './admission.ts';
import type { Route } from './route.ts';
import { tokenOf } from './session-token.ts';

const phases: readonly Phase[] = ['complete'];

export const loginRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/login',
    phases,
    isOpen: true,
    answer: async ({ frame, query }) => pageReply(renderLoginPage(frame, { link: query.get('link') ?? '' })),
  },
  { method: 'POST', path: '/login', phases, isOpen: true, answer: login },
  { method: 'POST', path: '/login/link', phases, isOpen: true, answer: redeem },
  { method: 'POST', path: '/logout', phases, answer: logout },
];

async function login({ form, frame, doors, address }: Visit): Promise<Reply> {
  const name = (form.get('name') ?? '').trim();
  const password = form.get('password') ?? '';
  const again = (mistakes: readonly Mistake[], status: number, headers = {}) =>
    pageReply(renderLoginPage(frame, { name, mistakes }), status, headers);
  if (name === '' || password === '')
    return again([{ field: name === '' ? 'name' : 'password', message: frame.texts.login.empty }], 422);
  const admission = await doors.door.call('login', { address, name, password });
  if (admission.result === 'granted') return redirect('/', [sessionCookie(admission.token)]);
  const words = { field: 'password', wrong: frame.texts.login.wrong };
  return again([refusalMistake(admission, words, frame.texts)], ...refusalStatus(admission));
}

async function redeem({ form, frame, doors, address }: Visit): Promise<Reply> {
  const link = (form.get('link') ?? '').trim();
  const { login: words } = frame.texts;
  const again = (mistake: Mistake, status: number, headers = {}) =>
    pageReply(renderLoginPage(frame, { mistakes: [mistake] }), status, headers);
  if (link === '') return again({ field: 'link', message: words.wrongLink }, 422);
  const admission = await doors.door.call('redeem', { address, link });
  if (admission.result === 'granted') return redirect('/', [sessionCookie(admission.token)]);
  const mistake = refusalMistake(admission, { field: 'link', wrong: words.wrongLink }, frame.texts);
  return again(mistake, ...refusalStatus(admission));
}

async function logout(visit: Visit): Promise<Reply> {
  await visit.doors.door.call('logout', { token: tokenOf(visit) });
  return redirect('/', [endedSessionCookie]);
}
