import type { Frame } from './frame.ts';
import { type Problem, renderProblemPage } from './pages/problem.ts';
import { pageReply, type Reply } from './reply.ts';

const problemStatus: Readonly<Record<Problem, number>> = {
  badRequest: 400,
  forbidden: 403,
  notFound: 404,
  wrongMethod: 405,
  gone: 410,
  tooLarge: 413,
  wrongType: 415,
  wrongHost: 421,
  internal: 500,
  unreachable: 503,
};

/** A page that says why there is none. */
export function problemReply(
  problem: Problem,
  frame: Frame,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return pageReply(renderProblemPage(problem, frame), problemStatus[problem], headers);
}
