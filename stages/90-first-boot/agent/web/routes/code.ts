import type { Mistake } from '../form-parts.ts';
import { renderCodePage } from '../pages/code.ts';
import { pageReply, type Reply, redirect } from '../reply.ts';
import { sessionCookie } from '../session-cookie.ts';
import type { Visit } from '../visit.ts';
import { refusalMistake, refusalStatus } from './admission.ts';
import type { Route } from './route.ts';

export const codeRoutes: readonly Route[] = [{ method: 'POST', path: '/claim', isOpen: true, answer: claim }];

async function claim(visit: Visit): Promise<Reply> {
  const { form, frame, greeting, doors, address } = visit;
  const { code } = frame.texts;
  const field = form.has('password') ? 'password' : 'code';
  const credential = field === 'code' ? (form.get('code') ?? '').trim() : (form.get('password') ?? '');
  const again = (mistake: Mistake, status: number, headers: Readonly<Record<string, string>> = {}) =>
    pageReply(renderCodePage(frame, greeting, [mistake]), status, headers);
  if (credential === '')
    return again({ field, message: field === 'code' ? code.empty : code.emptyPassword }, 422);
  const admission = await doors.door.call('claim', { address, credential });
  if (admission.result === 'granted') return redirect('/', [sessionCookie(admission.token)]);
  const wrong = field === 'code' ? code.wrong : code.wrongPassword;
  return again(refusalMistake(admission, { field, wrong }, frame.texts), ...refusalStatus(admission));
}
