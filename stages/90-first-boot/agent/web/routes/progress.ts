import { eventStreamReply } from '../event-stream.ts';
import { renderLogPage } from '../pages/log.ts';
import { changeProgress, type ProgressPaths, renderProgressPage, setupProgress } from '../pages/progress.ts';
import { problemReply } from '../problem-reply.ts';
import { pageReply, type Reply, redirect } from '../reply.ts';
import type { Visit } from '../visit.ts';
import type { Route } from './route.ts';
import { runSoFar } from './run-so-far.ts';
import { tokenOf } from './session-token.ts';

export const progressRoutes: readonly Route[] = [
  ...routesOf(setupProgress, 'applying'),
  ...routesOf(changeProgress, 'complete'),
];

function routesOf(paths: ProgressPaths, phase: 'applying' | 'complete'): readonly Route[] {
  const phases = [phase];
  return [
    { method: 'GET', path: paths.page, phases, answer: (visit) => show(visit, paths) },
    { method: 'GET', path: paths.events, phases, answer: async (visit) => eventStreamReply(visit) },
    { method: 'GET', path: `${paths.log}*`, phases, answer: (visit, step) => showLog(visit, paths, step) },
    { method: 'POST', path: paths.retry, phases, answer: (visit) => retry(visit, paths) },
    { method: 'POST', path: paths.skip, phases, answer: (visit) => skipStep(visit, paths) },
  ];
}

async function show(visit: Visit, paths: ProgressPaths): Promise<Reply> {
  return pageReply(renderProgressPage(visit.frame, await runSoFar(visit), paths));
}

async function showLog(visit: Visit, paths: ProgressPaths, step: string): Promise<Reply> {
  const run = await runSoFar(visit);
  const known = run.steps.find(({ id }) => id === step);
  if (known === undefined) return problemReply('notFound', visit.frame);
  const { text } = await visit.doors.door.call('stepLog', { token: tokenOf(visit), step });
  return pageReply(
    renderLogPage(visit.frame, { step: visit.frame.say(known.title), text, back: paths.page }),
  );
}

async function retry(visit: Visit, paths: ProgressPaths): Promise<Reply> {
  await visit.doors.door.call('retry', { token: tokenOf(visit) });
  return redirect(paths.page);
}

async function skipStep(visit: Visit, paths: ProgressPaths): Promise<Reply> {
  const step = visit.form.get('step') ?? '';
  await visit.doors.door.call('skipStep', { token: tokenOf(visit), step });
  return redirect(paths.page);
}
