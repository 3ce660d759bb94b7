import type { Texts } from '../text/texts.ts';
import { mark } from './drawings.ts';
import { html, trusted } from './html.ts';
import { renderLayout } from './layout.ts';

export type Problem = keyof Texts['problems'];

/** A plain page for a request that gets no answer. It tells nothing about the device: it is also shown to foreign names. */
export function renderProblemPage(problem: Problem, texts: Texts): string {
  const { title, text } = texts.problems[problem];
  const back = problem === 'notFound' || problem === 'internal';
  return renderLayout(texts, {
    title: `${title} · Hearth`,
    header: html`${trusted(mark)}
<h1>${title}</h1>`,
    main: html`<main>
<div class="card narrow"><p>${text}</p>${back ? html`<p><a href="/">${texts.toPage}</a></p>` : ''}</div>
</main>`,
    footer: html``,
    refreshes: false,
  });
}
