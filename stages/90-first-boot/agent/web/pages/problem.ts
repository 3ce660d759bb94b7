import type { Texts } from '../../text/texts.ts';
import type { Frame } from '../frame.ts';
import { html } from '../html.ts';
import { renderLayout } from '../layout.ts';

export type Problem = keyof Texts['problems'];

const withoutWayBack: readonly Problem[] = ['badRequest', 'wrongHost'];

/** A plain page for a request that gets no answer. It tells nothing about the device: it is also shown to foreign names. */
export function renderProblemPage(problem: Problem, frame: Frame): string {
  const { title, text } = frame.texts.problems[problem];
  return renderLayout(frame, {
    title,
    hasScript: false,
    main: html`<div class="card stack">
<h1>${title}</h1>
<p>${text}</p>
${withoutWayBack.includes(problem) ? '' : html`<p><a class="go" href="/">${frame.texts.toStart}</a></p>`}
</div>`,
  });
}
