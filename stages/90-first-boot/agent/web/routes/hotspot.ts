import type { HotspotView, JoinWish } from '../../door/protocol.ts';
import type { Mistake } from '../form-parts.ts';
import { renderHotspotPage, renderJoiningPage, type TypedJoin } from '../pages/hotspot.ts';
import { pageReply, type Reply } from '../reply.ts';
import type { Visit } from '../visit.ts';
import { refusalMistake, refusalStatus } from './admission.ts';
import type { Route } from './route.ts';

const emptyView: HotspotView = { networks: [], country: '' };

/** While the hotspot is on, the start page is its form: such windows keep no cookies and run no scripts. */
export const hotspotRoutes: readonly Route[] = [
  { method: 'GET', path: '/', isOpen: true, answer: async (visit) => show(visit) },
  { method: 'POST', path: '/join', isOpen: true, answer: join },
];

function show(visit: Visit, typed?: TypedJoin, mistakes: readonly Mistake[] = [], status = 200): Reply {
  const view = visit.greeting.hotspot ?? emptyView;
  return pageReply(renderHotspotPage(visit.frame, view, typed, mistakes), status);
}

async function join(visit: Visit): Promise<Reply> {
  const { form, frame, doors, address } = visit;
  const typed: TypedJoin = {
    country: form.get('country'),
    network: form.get('network'),
    other: form.get('other'),
  };
  const wish: JoinWish = {
    address,
    credential: (form.get('code') ?? '').trim(),
    country: form.get('country') ?? '',
    network: form.get('other') || form.get('network') || '',
    password: form.get('password') ?? '',
    evenWithoutInternet: form.has('stay'),
  };
  const missing = missingIn(wish, frame.texts);
  if (missing.length > 0) return show(visit, typed, missing, 422);
  const answer = await doors.door.call('join', wish);
  switch (answer.result) {
    case 'joining':
      // No redirect: the hotspot may be gone before the browser follows it.
      return pageReply(renderJoiningPage(frame, wish.network, doors.ownNames().hostname));
    case 'problems': {
      const known = ['country', 'network', 'password'];
      const mistakes = answer.problems.map(({ field, message }) =>
        field !== undefined && known.includes(field)
          ? { field, message: frame.say(message) }
          : { message: frame.say(message) },
      );
      return show(visit, typed, mistakes, 422);
    }
    default: {
      const words = { field: 'code', wrong: frame.texts.code.wrong };
      const [status, headers] = refusalStatus(answer);
      const reply = show(visit, typed, [refusalMistake(answer, words, frame.texts)], status);
      return { ...reply, headers: { ...reply.headers, ...headers } };
    }
  }
}

function missingIn(
  { credential, country, network }: JoinWish,
  { hotspot }: Visit['frame']['texts'],
): readonly Mistake[] {
  return [
    ...(credential === '' ? [{ field: 'code', message: hotspot.emptyCode }] : []),
    ...(country === '' ? [{ field: 'country', message: hotspot.emptyCountry }] : []),
    ...(network === '' ? [{ field: 'network', message: hotspot.emptyNetwork }] : []),
  ];
}
